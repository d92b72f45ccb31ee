-- Written by `python -m earmark.store.tables` from tables.py; a test compares the two.

CREATE TABLE counter (
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE run (
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  job_name TEXT NOT NULL,
  status SMALLINT NOT NULL,
  priority INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  queued_at INTEGER,
  starting_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  launch_token TEXT,
  launch_attempt INTEGER NOT NULL,
  failure_reason TEXT,
  failure_message BLOB,
  steps_succeeded INTEGER NOT NULL,
  steps_failed INTEGER NOT NULL,
  steps_skipped INTEGER NOT NULL,
  PRIMARY KEY (seq),
  UNIQUE (id)
);

CREATE INDEX run_by_creation ON run (created_at, seq);

CREATE INDEX run_by_status ON run (status, seq);

CREATE INDEX run_in_queue ON run (priority DESC, seq) WHERE status = 1;

CREATE TABLE run_request (
  seq INTEGER NOT NULL,
  labels BLOB NOT NULL,
  request BLOB NOT NULL,
  tags BLOB NOT NULL,
  origins BLOB NOT NULL,
  PRIMARY KEY (seq)
);

CREATE TABLE run_lease (
  run_seq INTEGER NOT NULL,
  holder TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (run_seq)
);

CREATE INDEX run_lease_by_expiry ON run_lease (expires_at);

CREATE TABLE label (
  kind SMALLINT NOT NULL,
  "key" TEXT NOT NULL,
  sought TEXT NOT NULL,
  value TEXT,
  id INTEGER NOT NULL,
  PRIMARY KEY (kind, "key", sought)
)
 WITHOUT ROWID;

CREATE TABLE run_segment (
  first INTEGER NOT NULL,
  size INTEGER NOT NULL,
  place INTEGER NOT NULL,
  common BLOB NOT NULL,
  rare BLOB NOT NULL,
  gone BLOB NOT NULL,
  created BLOB NOT NULL,
  unended BLOB,
  PRIMARY KEY (first)
);

CREATE TABLE run_block (
  "key" INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY ("key")
);

CREATE TABLE run_touched (
  seq INTEGER NOT NULL,
  stamp INTEGER NOT NULL,
  labels BLOB,
  PRIMARY KEY (seq)
);

CREATE TABLE event (
  id INTEGER NOT NULL,
  run_seq INTEGER,
  timestamp INTEGER NOT NULL,
  kind TEXT NOT NULL,
  step_key TEXT,
  asset_id INTEGER,
  partition TEXT,
  topic SMALLINT,
  late SMALLINT NOT NULL,
  fact BLOB NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX event_of_asset ON event (asset_id, id) WHERE asset_id IS NOT NULL;

CREATE INDEX event_of_run ON event (run_seq, id);

CREATE INDEX event_of_topic ON event (topic, id) WHERE topic IS NOT NULL;

CREATE TABLE asset (
  id INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  materialized_id INTEGER,
  materialized_at INTEGER,
  materialization BLOB,
  observed_id INTEGER,
  observation BLOB,
  planned_id INTEGER,
  planned_run INTEGER,
  failed_id INTEGER,
  failure BLOB,
  wiped_id INTEGER,
  data_version TEXT,
  changed_id INTEGER,
  PRIMARY KEY (id),
  UNIQUE ("key")
);

CREATE INDEX asset_by_plan ON asset (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE asset_partition (
  asset_id INTEGER NOT NULL,
  partition TEXT NOT NULL,
  materialized_id INTEGER,
  materialized_at INTEGER,
  materialized_run TEXT,
  data_version TEXT,
  planned_id INTEGER,
  planned_run INTEGER,
  failed_id INTEGER,
  changed_id INTEGER,
  code_version TEXT,
  PRIMARY KEY (asset_id, partition)
)
 WITHOUT ROWID;

CREATE INDEX asset_partition_by_plan ON asset_partition (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE asset_check (
  asset_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  evaluated_id INTEGER,
  evaluation BLOB,
  planned_id INTEGER,
  planned_run INTEGER,
  PRIMARY KEY (asset_id, name)
)
 WITHOUT ROWID;

CREATE INDEX asset_check_by_plan ON asset_check (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE lease (
  name TEXT NOT NULL,
  holder TEXT,
  epoch INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE slot (
  pool TEXT NOT NULL,
  run_id TEXT NOT NULL,
  step_key TEXT NOT NULL,
  priority INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  granted_at INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (pool, run_id, step_key)
);

CREATE INDEX slot_of_run ON slot (run_id);

CREATE TABLE setting (
  "key" TEXT NOT NULL,
  value BLOB NOT NULL,
  author TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY ("key")
);

CREATE TABLE setting_change (
  id INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  "before" BLOB,
  "after" BLOB,
  author TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX setting_change_by_key ON setting_change ("key", id);

CREATE TABLE dynamic_partition (
  id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  partition TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (definition, partition)
);

CREATE TABLE instigator (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  location TEXT NOT NULL,
  status TEXT NOT NULL,
  cursor TEXT,
  data BLOB NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE tick (
  id TEXT NOT NULL,
  instigator TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at INTEGER,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  data BLOB NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (instigator, due_at)
);

CREATE INDEX tick_by_status ON tick (status, created_at);

CREATE INDEX tick_of_instigator ON tick (instigator, created_at);

CREATE TABLE backfill (
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  version INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX backfill_by_status ON backfill (status, created_at);

CREATE TABLE "plan" (
  hash TEXT NOT NULL,
  data BLOB NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (hash)
);

CREATE TABLE manifest (
  location TEXT NOT NULL,
  data BLOB NOT NULL,
  loaded_at INTEGER NOT NULL,
  PRIMARY KEY (location)
);

CREATE TABLE entry (
  space TEXT NOT NULL,
  "key" TEXT NOT NULL,
  value BLOB NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (space, "key")
);

CREATE TABLE access_token (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  digest BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  data BLOB NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (digest)
);

CREATE INDEX access_token_by_owner ON access_token (owner);

CREATE TABLE audit (
  id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  action TEXT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX audit_by_time ON audit (at);

INSERT INTO counter (name, value) VALUES ('run', 0), ('event', 0), ('label', 0), ('asset', 0), ('run_segment', 0), ('setting_change', 0), ('dynamic_partition', 0), ('audit', 0);

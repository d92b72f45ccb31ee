-- Written by `python -m earmark.store.tables` from tables.py; a test compares the two.

CREATE TABLE counter (
  name TEXT COLLATE "C" NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE run (
  seq BIGINT NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  job_name TEXT COLLATE "C" NOT NULL,
  status SMALLINT NOT NULL,
  priority BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  queued_at BIGINT,
  starting_at BIGINT,
  started_at BIGINT,
  ended_at BIGINT,
  launch_token TEXT COLLATE "C",
  launch_attempt INTEGER NOT NULL,
  failure_reason TEXT COLLATE "C",
  failure_message BYTEA,
  steps_succeeded INTEGER NOT NULL,
  steps_failed INTEGER NOT NULL,
  steps_skipped INTEGER NOT NULL,
  PRIMARY KEY (seq),
  UNIQUE (id)
)
 WITH (fillfactor = 80);

CREATE INDEX run_by_creation ON run (created_at, seq);

CREATE INDEX run_by_status ON run (status, seq);

CREATE INDEX run_in_queue ON run (priority DESC, seq) WHERE status = 1;

CREATE TABLE run_request (
  seq BIGINT NOT NULL,
  labels BYTEA NOT NULL,
  request BYTEA NOT NULL,
  tags BYTEA NOT NULL,
  origins BYTEA NOT NULL,
  PRIMARY KEY (seq)
);

CREATE TABLE run_lease (
  run_seq BIGINT NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (run_seq)
);

CREATE INDEX run_lease_by_expiry ON run_lease (expires_at);

CREATE TABLE label (
  kind SMALLINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  sought TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C",
  id BIGINT NOT NULL,
  PRIMARY KEY (kind, key, sought)
);

CREATE TABLE run_segment (
  first BIGINT NOT NULL,
  size BIGINT NOT NULL,
  place BIGINT NOT NULL,
  common BYTEA NOT NULL,
  rare BYTEA NOT NULL,
  gone BYTEA NOT NULL,
  created BYTEA NOT NULL,
  unended BYTEA,
  PRIMARY KEY (first)
);

CREATE TABLE run_block (
  key BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (key)
);

CREATE TABLE run_touched (
  seq BIGINT NOT NULL,
  stamp BIGINT NOT NULL,
  labels BYTEA,
  PRIMARY KEY (seq)
);

CREATE TABLE event (
  id BIGINT NOT NULL,
  run_seq BIGINT,
  timestamp BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  step_key TEXT COLLATE "C",
  asset_id BIGINT,
  partition TEXT COLLATE "C",
  topic SMALLINT,
  late SMALLINT NOT NULL,
  fact BYTEA NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX event_of_asset ON event (asset_id, id) WHERE asset_id IS NOT NULL;

CREATE INDEX event_of_run ON event (run_seq, id);

CREATE INDEX event_of_topic ON event (topic, id) WHERE topic IS NOT NULL;

CREATE TABLE asset (
  id BIGINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  materialized_id BIGINT,
  materialized_at BIGINT,
  materialization BYTEA,
  observed_id BIGINT,
  observation BYTEA,
  planned_id BIGINT,
  planned_run BIGINT,
  failed_id BIGINT,
  failure BYTEA,
  wiped_id BIGINT,
  data_version TEXT COLLATE "C",
  changed_id BIGINT,
  PRIMARY KEY (id),
  UNIQUE (key)
);

CREATE INDEX asset_by_plan ON asset (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE asset_partition (
  asset_id BIGINT NOT NULL,
  partition TEXT COLLATE "C" NOT NULL,
  materialized_id BIGINT,
  materialized_at BIGINT,
  materialized_run TEXT COLLATE "C",
  data_version TEXT COLLATE "C",
  planned_id BIGINT,
  planned_run BIGINT,
  failed_id BIGINT,
  changed_id BIGINT,
  code_version TEXT COLLATE "C",
  PRIMARY KEY (asset_id, partition)
);

CREATE INDEX asset_partition_by_plan ON asset_partition (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE asset_check (
  asset_id BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  evaluated_id BIGINT,
  evaluation BYTEA,
  planned_id BIGINT,
  planned_run BIGINT,
  PRIMARY KEY (asset_id, name)
);

CREATE INDEX asset_check_by_plan ON asset_check (planned_run) WHERE planned_run IS NOT NULL;

CREATE TABLE lease (
  name TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C",
  epoch BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE slot (
  pool TEXT COLLATE "C" NOT NULL,
  run_id TEXT COLLATE "C" NOT NULL,
  step_key TEXT COLLATE "C" NOT NULL,
  priority BIGINT NOT NULL,
  asked_at BIGINT NOT NULL,
  granted_at BIGINT,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (pool, run_id, step_key)
);

CREATE INDEX slot_of_run ON slot (run_id);

CREATE TABLE setting (
  key TEXT COLLATE "C" NOT NULL,
  value BYTEA NOT NULL,
  author TEXT COLLATE "C" NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (key)
);

CREATE TABLE setting_change (
  id BIGINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  before BYTEA,
  after BYTEA,
  author TEXT COLLATE "C" NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX setting_change_by_key ON setting_change (key, id);

CREATE TABLE dynamic_partition (
  id BIGINT NOT NULL,
  definition TEXT COLLATE "C" NOT NULL,
  partition TEXT COLLATE "C" NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (definition, partition)
);

CREATE TABLE instigator (
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  location TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  cursor TEXT COLLATE "C",
  data BYTEA NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE tick (
  id TEXT COLLATE "C" NOT NULL,
  instigator TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  due_at BIGINT,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  data BYTEA NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (instigator, due_at)
);

CREATE INDEX tick_by_status ON tick (status, created_at);

CREATE INDEX tick_of_instigator ON tick (instigator, created_at);

CREATE TABLE backfill (
  id TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  version BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX backfill_by_status ON backfill (status, created_at);

CREATE TABLE plan (
  hash TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  stored_at BIGINT NOT NULL,
  PRIMARY KEY (hash)
);

CREATE TABLE manifest (
  location TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  loaded_at BIGINT NOT NULL,
  PRIMARY KEY (location)
);

CREATE TABLE entry (
  space TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  value BYTEA NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (space, key)
);

CREATE TABLE access_token (
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  data BYTEA NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (digest)
);

CREATE INDEX access_token_by_owner ON access_token (owner);

CREATE TABLE audit (
  id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  author TEXT COLLATE "C" NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX audit_by_time ON audit (at);

CREATE SEQUENCE event_number AS bigint;

ALTER TABLE event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE INDEX event_by_commit ON event (xid, id);

CREATE INDEX event_of_topic_by_commit ON event (topic, xid, id) WHERE topic IS NOT NULL;

ALTER TABLE run_block ALTER COLUMN data SET STORAGE EXTERNAL;

ALTER TABLE run_block SET (toast_tuple_target = 8160);

INSERT INTO counter (name, value) VALUES ('run', 0), ('event', 0), ('label', 0), ('asset', 0), ('run_segment', 0), ('setting_change', 0), ('dynamic_partition', 0), ('audit', 0);

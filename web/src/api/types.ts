// The shapes of the HTTP API, by hand until the server's own OpenAPI document generates this file.
// docs/design/0031-api.md carries this text between its markers (`node scripts/contract.mjs`).
// Rules: every field is always sent; absence is `null`; a list may be empty but is never missing.

/** An instant: integer microseconds since 1970-01-01 UTC. */
export type Micros = number;
/** A length of time in seconds, fractions allowed. */
export type Seconds = number;
/** An asset key as people write it: segments joined by slashes. */
export type AssetKey = string;
/** Tag keys with their values, sorted by key. */
export type Tags = Record<string, string>;

/** One page of a list. `next_cursor` is null on the last page; `total` counts all that match `q`. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

/** application/problem+json (RFC 9457) with our members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  hint: string | null;
  /** `file:line` in the user's code, where known. */
  where: string | null;
  /** For a query error: `position`, `length`, `expected`, `suggestions`. */
  facts: Record<string, unknown>;
}

// --- session ---------------------------------------------------------------------------------

export type Role = "viewer" | "operator" | "admin";
export interface Session {
  user: string | null;
  role: Role | null;
  /** False on loopback, where the author is the user of the operating system. */
  login_required: boolean;
  /** Set when the token is narrowed: it may act only on what this query matches. */
  narrowed_to: string | null;
  version: string;
  instance: string;
  /** The server's clock, so that ages are right on a machine whose own is not. */
  now: Micros;
}
export interface Login {
  token: string;
}

/** What the shell shows on every page. */
export interface Status {
  queued: number;
  running: number;
  failed_today: number;
  queue_paused: boolean;
  locations_failed: number;
  daemons_unhealthy: number;
  assets: number;
  jobs: number;
}

// --- tags ------------------------------------------------------------------------------------

export type TagOrigin =
  | "graph"
  | "job"
  | "asset"
  | "group"
  | "project"
  | "partition"
  | "schedule"
  | "sensor"
  | "automation"
  | "backfill"
  | "parent"
  | "request"
  | "system"
  | "edit";
export interface TagWithOrigin {
  key: string;
  value: string;
  origin: TagOrigin;
  /** The name of what set it: the job, asset or schedule, the author of an edit. */
  origin_name: string | null;
  /** Begins with `dagster/`. */
  is_system: boolean;
  /** A user may set or remove it. */
  is_editable: boolean;
  /** Values it won over, the nearest first. */
  overrides: { value: string; origin: TagOrigin; origin_name: string | null }[];
  /** A rule of good values it breaks, in words. */
  warning: string | null;
}
export interface TagKeyRow {
  key: string;
  /** 0-11 when a person chose one; null means by hash of the key. */
  hue: number | null;
  description: string | null;
  is_system: boolean;
  values: number;
  assets: number;
  jobs: number;
  ops: number;
  runs: number;
  /** Share of runs of the last 7 days that failed, 0..1; null without finished runs. */
  failure_rate: number | null;
  limits: number;
  /** The most frequent values. */
  top_values: string[];
  /** Keys that differ from this one by case, plural or one letter. */
  near: string[];
}
export interface TagValueRow {
  value: string;
  assets: number;
  jobs: number;
  ops: number;
  runs: number;
  running: number;
  queued: number;
  failure_rate: number | null;
  near: string[];
}
export interface TagKeyDetail extends TagKeyRow {
  limit_rows: LimitRow[];
  /** Things without the key, with the query that lists them. */
  untagged: { scope: "assets" | "jobs" | "ops"; count: number; q: string }[];
}
export interface TagKeyEdit {
  hue: number | null;
  description: string | null;
}
export interface NearDuplicate {
  scope: "key" | "value";
  key: string | null;
  words: { word: string; count: number }[];
  reason: string;
}
export interface UntaggedReport {
  keys: { key: string; assets: number; jobs: number; asset_share: number }[];
  without_any: { assets: number; jobs: number };
}
export interface SystemTag {
  key: string;
  description: string;
  set_by: string;
  is_editable: boolean;
  example: string | null;
}
export interface TagSuggestion {
  key: string;
  value: string | null;
  count: number;
  description: string | null;
  is_system: boolean;
}
export interface TagEdit {
  set: Tags;
  remove: string[];
}

// --- queries ---------------------------------------------------------------------------------

export type Scope = "assets" | "jobs" | "ops" | "runs" | "automation" | "ticks" | "backfills";
export interface Completion {
  /** Replaces the text between `replace_from` and `replace_to`. */
  text: string;
  label: string;
  kind: "field" | "tag_key" | "value" | "name" | "operator";
  count: number | null;
  detail: string | null;
}
export interface Completions {
  /** Offsets into `q`, in UTF-16 code units. */
  replace_from: number;
  replace_to: number;
  items: Completion[];
}
export interface FacetValue {
  value: string;
  count: number;
}
export interface Facet {
  /** A field of the query language: `tag:team`, `group`, `kind`, `owner`, `status`, `job`, `location`. */
  field: string;
  label: string;
  values: FacetValue[];
  /** Values that exist and are not listed. */
  more: number;
  /** Matching things without this field. */
  missing: number;
}
export interface Facets {
  total: number;
  facets: Facet[];
}
/** For an empty result: each term of `q` and how many would match without it. */
export interface TermCosts {
  terms: { text: string; total_without: number }[];
}

// --- errors and metadata ----------------------------------------------------------------------

export interface ErrorInfo {
  kind: string;
  message: string;
  where: string | null;
  /** The user's own frames, innermost last. */
  traceback: string;
  /** Lines around `where`. */
  source: { line: number; text: string; is_cause: boolean }[];
  causes: { kind: string; message: string }[];
}
export type MetadataKind =
  | "int"
  | "float"
  | "bool"
  | "text"
  | "md"
  | "url"
  | "path"
  | "json"
  | "timestamp"
  | "table"
  | "table_schema"
  | "image"
  | "asset"
  | "run";
export interface MetadataEntry {
  name: string;
  kind: MetadataKind;
  value: unknown;
  text: string;
}

// --- assets ----------------------------------------------------------------------------------

export type AssetStatus =
  | "materialized"
  | "stale"
  | "failed"
  | "skipped"
  | "running"
  | "queued"
  | "missing"
  | "external";
export interface PartitionCounts {
  total: number;
  materialized: number;
  failed: number;
  running: number;
  missing: number;
}
export interface CheckCounts {
  total: number;
  passed: number;
  failed: number;
  warned: number;
}
export interface AssetRow {
  key: AssetKey;
  group: string;
  location: string;
  kinds: string[];
  owners: string[];
  tags: Tags;
  status: AssetStatus;
  materialized_at: Micros | null;
  run_id: string | null;
  partitions: PartitionCounts | null;
  checks: CheckCounts | null;
  /** First line of the error when failed or skipped. */
  error: string | null;
}
export interface AssetTreeRow {
  /** Key prefix, e.g. `marts/finance`. */
  prefix: string;
  name: string;
  count: number;
  failed: number;
  stale: number;
  /** The asset itself when the prefix is a whole key. */
  asset: AssetRow | null;
  has_children: boolean;
}
export interface AssetDetail extends AssetRow {
  description: string | null;
  code_version: string | null;
  definition_at: string | null;
  is_executable: boolean;
  is_stale_definition: boolean;
  tag_rows: TagWithOrigin[];
  metadata: MetadataEntry[];
  upstream: AssetRow[];
  downstream: AssetRow[];
  jobs: string[];
  automation: string[];
  op: string | null;
  pool: string | null;
  io_manager: string | null;
  partition_dimensions: { name: string; kind: string; total: number; first: string; last: string }[];
  latest: AssetEvent | null;
  failure: { run_id: string; at: Micros; step: string; error: ErrorInfo } | null;
  /** The failed upstream asset for status `skipped`. */
  skipped_because: AssetKey | null;
  stale_causes: { asset: AssetKey; reason: string }[];
  freshness: { state: "fresh" | "late" | "unknown"; policy: string; deadline: Micros | null } | null;
  /** Numeric metadata of the last 50 materializations; `values` holds one number or null for each `at`. */
  trends: { name: string; at: Micros[]; values: (number | null)[] }[];
}
export interface AssetEvent {
  seq: number;
  at: Micros;
  kind: "materialization" | "observation" | "failure" | "check";
  run_id: string | null;
  job: string | null;
  partition: string | null;
  tags: Tags;
  metadata: MetadataEntry[];
  message: string | null;
}
export type PartitionStatus = "materialized" | "failed" | "running" | "missing" | "stale";
export interface PartitionSpan {
  from: number;
  /** Exclusive. */
  to: number;
  status: PartitionStatus;
  first: string;
  last: string;
}
/** One row per value of the first dimension; a single row with `key: null` for one dimension. */
export interface PartitionMap {
  dimensions: { name: string; total: number; first: string; last: string }[];
  rows: { key: string | null; spans: PartitionSpan[] }[];
  counts: PartitionCounts;
}
export interface PartitionRow {
  key: string;
  status: PartitionStatus;
  at: Micros | null;
  run_id: string | null;
  run_tags: Tags;
  error: string | null;
}
export interface CheckRow {
  asset: AssetKey;
  name: string;
  description: string | null;
  is_blocking: boolean;
  status: "passed" | "failed" | "warned" | "running" | "never";
  at: Micros | null;
  run_id: string | null;
  metadata: MetadataEntry[];
  history: { at: Micros; passed: boolean; run_id: string }[];
}
export interface ConditionNode {
  label: string;
  is_true: number;
  candidates: number;
  children: ConditionNode[];
}
export interface AssetAutomation {
  condition: string | null;
  evaluations: { id: string; at: Micros; requested: number; run_ids: string[]; tree: ConditionNode }[];
}

// --- graph -----------------------------------------------------------------------------------

export interface GraphGroup {
  id: string;
  label: string;
  count: number;
  statuses: Partial<Record<AssetStatus, number>>;
  /** Layer from the left, and place in the layer. */
  rank: number;
  order: number;
}
export interface GraphNode {
  key: AssetKey;
  /** The group it is drawn in. */
  group: string;
  status: AssetStatus;
  kinds: string[];
  tags: Tags;
  materialized_at: Micros | null;
  partitions: PartitionCounts | null;
  checks: CheckCounts | null;
  upstream: number;
  downstream: number;
  rank: number;
  order: number;
}
export interface GraphEdge {
  /** An asset key, or a collapsed group as `group:ID`. */
  source: string;
  target: string;
  count: number;
}
export interface Graph {
  version: string;
  by: string;
  groups: GraphGroup[];
  /** Assets of expanded groups only (all of them when focused). */
  nodes: GraphNode[];
  edges: GraphEdge[];
  total: number;
  truncated: boolean;
}

// --- jobs ------------------------------------------------------------------------------------

export interface RunSpark {
  id: string;
  status: RunStatus;
  duration: Seconds | null;
  at: Micros;
}
export interface JobRow {
  name: string;
  location: string;
  description: string | null;
  kind: "asset" | "op";
  tags: Tags;
  ops: number;
  assets: number;
  /** The last 10 runs, oldest first. */
  recent: RunSpark[];
  p50: Seconds | null;
  failure_rate: number | null;
  automation: string[];
  next_at: Micros | null;
}
export interface JobDetail extends JobRow {
  tag_rows: TagWithOrigin[];
  /** JSON Schema of the run config; `{}` when it takes none. */
  config_schema: Record<string, unknown>;
  default_config: string;
  selection: string | null;
  asset_keys: AssetKey[];
  partition_dimensions: { name: string; kind: string; total: number; first: string; last: string }[];
  resources: { name: string; kind: string }[];
  hooks: string[];
}
export interface OpRow {
  name: string;
  kind: "op" | "asset" | "graph";
  job: string;
  location: string;
  description: string | null;
  tags: Tags;
  pool: string | null;
  retries: number;
  p50: Seconds | null;
}
export interface JobGraphNode extends OpRow {
  rank: number;
  order: number;
  inputs: string[];
  outputs: string[];
  asset_keys: AssetKey[];
}
export interface JobGraph {
  nodes: JobGraphNode[];
  edges: { source: string; target: string; label: string }[];
}

// --- runs ------------------------------------------------------------------------------------

export type RunStatus =
  | "NOT_STARTED"
  | "QUEUED"
  | "STARTING"
  | "STARTED"
  | "SUCCESS"
  | "FAILURE"
  | "CANCELING"
  | "CANCELED";
export type RunAction = "cancel" | "retry" | "retry_from_failure" | "tag" | "delete" | "prioritise";
export interface RunSource {
  kind: "manual" | "schedule" | "sensor" | "automation" | "backfill" | "retry" | "cli" | "api";
  name: string | null;
  tick: string | null;
}
/** The one gate that binds first; `explain` has all of them. */
export interface Wait {
  sentence: string;
  limit_id: string | null;
  label: string;
  used: number;
  limit: number;
  holder: string | null;
  /** Counted from 1. */
  position: number;
}
export interface StepCounts {
  total: number;
  succeeded: number;
  failed: number;
  running: number;
  skipped: number;
}
export interface RunRow {
  id: string;
  job: string | null;
  location: string;
  status: RunStatus;
  tags: Tags;
  priority: number;
  created_at: Micros;
  started_at: Micros | null;
  ended_at: Micros | null;
  duration: Seconds | null;
  queued: Seconds | null;
  partition: string | null;
  /** At most 3 keys; `asset_count` counts all. */
  assets: AssetKey[];
  asset_count: number;
  source: RunSource;
  steps: StepCounts;
  wait: Wait | null;
  failure: { step: string | null; message: string; reason: string } | null;
  parent: string | null;
  root: string | null;
  actions: RunAction[];
}
export interface RunCounts {
  all: number;
  queued: number;
  running: number;
  failed: number;
  succeeded: number;
  canceled: number;
  backfills: number;
}
export type StepStatus =
  | "waiting"
  | "ready"
  | "running"
  | "succeeded"
  | "failed"
  | "skipped"
  | "retrying"
  | "canceled";
export interface StepAttempt {
  number: number;
  started_at: Micros;
  ended_at: Micros | null;
  status: StepStatus;
}
export interface StepRow {
  key: string;
  op: string;
  status: StepStatus;
  tags: Tags;
  pool: string | null;
  assets: AssetKey[];
  depends_on: string[];
  /** When its inputs were there; the time to `started_at` is waiting. */
  ready_at: Micros | null;
  wait_reason: string | null;
  started_at: Micros | null;
  ended_at: Micros | null;
  attempts: StepAttempt[];
  error: ErrorInfo | null;
  skipped_because: string | null;
  metadata: MetadataEntry[];
  /** The step's duration in the last good run of the job. */
  last_good: Seconds | null;
  has_output: boolean;
}
export interface RunDetail extends RunRow {
  tag_rows: TagWithOrigin[];
  step_rows: StepRow[];
  first_failure: { step: string | null; at: Micros; error: ErrorInfo } | null;
  config: string;
  op_selection: string[];
  asset_selection: AssetKey[];
  /** The runs of its root, oldest first, itself included. */
  family: RunRow[];
  last_good: { id: string; duration: Seconds } | null;
  flow_conflicts: { key: string; values: string[]; resolution: string }[];
  /** The tag edits after launch, newest first. */
  tag_history: {
    at: Micros;
    author: string;
    set: Tags;
    remove: string[];
  }[];
  code_version: string | null;
  worker: { pid: number | null; host: string | null; image: string | null } | null;
}
export type EventLevel = "debug" | "info" | "warning" | "error" | "critical";
export interface RunEvent {
  seq: number;
  at: Micros;
  kind: string;
  level: EventLevel;
  step: string | null;
  message: string;
  error: ErrorInfo | null;
  metadata: MetadataEntry[];
  asset: AssetKey | null;
  is_late: boolean;
  /** Housekeeping (resources, loaded inputs), folded by default. */
  is_noise: boolean;
}
/** `next_cursor` is always given: read on from it while the run lives. */
export interface RunEvents {
  items: RunEvent[];
  next_cursor: string;
  total: number;
  at_end: boolean;
  levels: Record<EventLevel, number>;
}
export interface RunOutput {
  step: string | null;
  stream: "stdout" | "stderr";
  text: string;
  offset: number;
  next_offset: number;
  size: number;
  at_end: boolean;
}
export interface Gate {
  limit_id: string | null;
  kind: LimitKind | "priority" | "paused" | "location" | "start";
  label: string;
  used: number;
  limit: number;
  is_open: boolean;
  holders: Holder[];
  position: number | null;
  would_open: string;
}
export interface Explanation {
  run_id: string;
  status: RunStatus;
  sentence: string;
  decided_at: Micros;
  priority: number;
  effective_priority: number;
  position: number | null;
  ahead: { run_id: string; job: string | null; priority: number }[];
  gates: Gate[];
}
export interface BulkRuns {
  action: RunAction;
  /** Either ids or a query. */
  ids: string[] | null;
  q: string | null;
  /** With `q`: refused with 409 when more match by now than the person saw. */
  expected: number | null;
  tags: TagEdit | null;
  priority: number | null;
  dry_run: boolean;
}
export interface BulkResult {
  matched: number;
  done: number;
  run_ids: string[];
  failed: { id: string; detail: string }[];
}

// --- launch ----------------------------------------------------------------------------------

export interface LaunchRequest {
  /** A job, or assets by key or query. */
  job: string | null;
  location: string | null;
  assets: AssetKey[];
  q: string | null;
  /** YAML or JSON text, as typed. */
  config: string;
  tags: Tags;
  /** Inherited keys to leave out. */
  remove_tags: string[];
  op_selection: string[];
  partition: string | null;
  partition_range: { first: string; last: string } | null;
  /** Re-execution of this run. */
  parent: string | null;
  mode: "all" | "from_failure" | "steps";
  steps: string[];
}
export interface ConfigFault {
  /** `ops.load.config.limit`. */
  path: string;
  message: string;
  line: number | null;
  column: number | null;
}
export interface LaunchPreview {
  tags: TagWithOrigin[];
  faults: ConfigFault[];
  warnings: string[];
  priority: number;
  gates: Gate[];
  /** Place in the queue if launched now; null when it would start at once. */
  position: number | null;
  estimated_wait: Seconds | null;
  steps: string[];
  partitions: number;
  flow_conflicts: { key: string; values: string[]; resolution: string }[];
}
export interface LaunchResult {
  run_ids: string[];
  backfill_id: string | null;
}

// --- automation ------------------------------------------------------------------------------

export type AutomationKind = "schedule" | "sensor" | "automation";
export type TickStatus = "started" | "success" | "skipped" | "failure";
export interface AutomationRow {
  name: string;
  kind: AutomationKind;
  location: string;
  is_running: boolean;
  tags: Tags;
  /** `0 6 * * *` or `every 30 s`, and the words for it. */
  rhythm: string;
  rhythm_words: string;
  timezone: string | null;
  targets: string[];
  last_tick: TickRow | null;
  next_at: Micros | null;
  /** The last 20 ticks, oldest first. */
  recent: { id: string; status: TickStatus; at: Micros; runs: number }[];
  runs_today: number;
}
export interface AutomationDetail extends AutomationRow {
  description: string | null;
  cursor: string | null;
  minimum_interval: Seconds | null;
  default_status: "running" | "stopped";
  tag_rows: TagWithOrigin[];
  upcoming: Micros[];
}
export interface TickRow {
  id: string;
  automation: string;
  kind: AutomationKind;
  at: Micros;
  ended_at: Micros | null;
  status: TickStatus;
  run_ids: string[];
  requested: number;
  skip_reason: string | null;
  error: ErrorInfo | null;
  cursor: string | null;
}
export interface TickDetail extends TickRow {
  logs: { at: Micros; level: EventLevel; message: string }[];
  requests: { run_key: string | null; job: string | null; partition: string | null; tags: Tags }[];
}

// --- backfills -------------------------------------------------------------------------------

export type BackfillStatus =
  | "requested"
  | "running"
  | "paused"
  | "canceling"
  | "canceled"
  | "failed"
  | "completed";
export interface BackfillRow {
  id: string;
  status: BackfillStatus;
  title: string;
  job: string | null;
  asset_count: number;
  tags: Tags;
  priority: number;
  created_at: Micros;
  ended_at: Micros | null;
  author: string | null;
  partitions: PartitionCounts;
  runs: number;
  in_flight: number;
  error: string | null;
  actions: ("cancel" | "pause" | "resume" | "retry_failed" | "tag")[];
}
export interface BackfillDetail extends BackfillRow {
  error_info: ErrorInfo | null;
  first: string;
  last: string;
  max_in_flight: number;
  /** One strip per asset (or one for the job); spans index the partitions of the backfill in order. */
  strips: { asset: AssetKey | null; spans: PartitionSpan[]; counts: PartitionCounts }[];
}
export interface BackfillRequest {
  job: string | null;
  assets: AssetKey[];
  q: string | null;
  partitions: string[];
  ranges: { first: string; last: string }[];
  tags: Tags;
  only: "all" | "missing" | "failed";
  max_in_flight: number | null;
}

// --- deployment ------------------------------------------------------------------------------

export type LimitKind = "runs" | "tag" | "query" | "pool" | "rate";
export interface Holder {
  run_id: string;
  job: string | null;
  step: string | null;
  since: Micros;
  value: string | null;
}
export interface LimitRow {
  id: string;
  kind: LimitKind;
  label: string;
  key: string | null;
  value: string | null;
  per_unique_value: boolean;
  where: string | null;
  per: string[];
  /** -1 is unlimited. */
  limit: number;
  /** For `rate`: `limit` per this many seconds. */
  period: Seconds | null;
  used: number;
  waiting: number;
  /** For limits per value: each value apart. */
  groups: { value: string; used: number; waiting: number }[];
  holders: Holder[];
  waiters: { run_id: string; job: string | null; priority: number; position: number; since: Micros }[];
  source: "settings" | "edited" | "default";
  note: string | null;
  updated_by: string | null;
  updated_at: Micros | null;
}
export interface LimitEdit {
  kind: LimitKind;
  key: string | null;
  value: string | null;
  per_unique_value: boolean;
  where: string | null;
  per: string[];
  limit: number;
  period: Seconds | null;
  note: string | null;
}
export interface LimitChange {
  at: Micros;
  author: string;
  before: number | null;
  after: number | null;
  note: string | null;
}
export interface LocationRow {
  name: string;
  origin: string;
  status: "loaded" | "loading" | "failed" | "stale";
  loaded_at: Micros | null;
  load_time: Seconds | null;
  error: ErrorInfo | null;
  assets: number;
  jobs: number;
  schedules: number;
  sensors: number;
  python: string | null;
  version: string | null;
  start_method: "fork" | "spawn" | null;
  warnings: string[];
  /** What the last reload changed. */
  diff: { added: string[]; removed: string[]; changed: string[] };
}
export interface DaemonRow {
  name: string;
  is_healthy: boolean;
  is_leader: boolean;
  host: string;
  last_beat: Micros | null;
  interval: Seconds;
  detail: string | null;
  error: string | null;
}
export interface SettingRow {
  key: string;
  value: string;
  default: string | null;
  source: string;
  description: string;
}
export interface InstanceConfig {
  home: string;
  store: string;
  file: string | null;
  text: string;
  settings: SettingRow[];
  queue_paused: boolean;
}
export interface AuditRow {
  seq: number;
  at: Micros;
  author: string;
  action: string;
  target: string;
  detail: string;
}

// --- views, search, time ---------------------------------------------------------------------

export interface SavedView {
  id: string;
  name: string;
  /** Relative address with its search, e.g. `runs?q=status:failed`. */
  url: string;
  owner: string | null;
  is_shared: boolean;
  is_pinned: boolean;
  is_built_in: boolean;
  count: number | null;
}
export interface SavedViewEdit {
  name: string;
  url: string;
  is_shared: boolean;
  is_pinned: boolean;
}
export interface SearchHit {
  kind:
    | "asset"
    | "job"
    | "op"
    | "run"
    | "tag"
    | "group"
    | "owner"
    | "automation"
    | "backfill"
    | "limit"
    | "location"
    | "action";
  label: string;
  detail: string | null;
  url: string;
  count: number | null;
}
export interface SearchResult {
  items: SearchHit[];
}
export interface TimelineRun {
  id: string;
  status: RunStatus;
  job: string | null;
  start: Micros;
  /** Null while it goes on. */
  end: Micros | null;
}
export interface TimelineRow {
  /** The job, the automation or the tag's value; null for things without it. */
  value: string | null;
  runs: TimelineRun[];
  /** Runs beyond the 200 newest that are sent. */
  omitted: number;
  /** Ticks to come. */
  future: { at: Micros; name: string }[];
  total: number;
  failed: number;
}
export interface Timeline {
  by: string;
  from: Micros;
  to: Micros;
  now: Micros;
  rows: TimelineRow[];
  omitted_rows: number;
}
export interface InsightTotals {
  runs: number;
  failed: number;
  failure_rate: number | null;
  queue_p50: Seconds | null;
  duration_p50: Seconds | null;
  duration_p95: Seconds | null;
  duration_total: Seconds;
  cost: number | null;
}
export interface InsightSeries {
  value: string | null;
  totals: InsightTotals;
  runs: number[];
  failed: number[];
  queue_p50: (number | null)[];
  duration_p50: (number | null)[];
  cost: (number | null)[];
}
export interface Insights {
  by: string;
  /** Starts of the buckets. */
  buckets: Micros[];
  bucket_size: Seconds;
  totals: InsightTotals;
  series: InsightSeries[];
}

// --- live ------------------------------------------------------------------------------------

/** `event: change`. Says what changed, never the thing itself; clients read again what they show. */
export interface Change {
  kind:
    | "run"
    | "run_events"
    | "asset"
    | "tick"
    | "automation"
    | "backfill"
    | "limit"
    | "location"
    | "daemon"
    | "view";
  id: string;
  /** A run's or backfill's new status, where it changed. */
  status: string | null;
}
export interface Changes {
  changes: Change[];
}

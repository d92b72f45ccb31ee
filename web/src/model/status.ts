import type {
  AssetStatus,
  BackfillStatus,
  PartitionStatus,
  RunStatus,
  StepStatus,
  TickStatus,
} from "@/api/types";

/** How a state looks: a shape and a colour by `tone`, and always its word. */
export type Tone = "good" | "bad" | "run" | "queue" | "wait" | "cancel" | "skip" | "stale" | "none";
export type AnyStatus =
  | RunStatus
  | AssetStatus
  | StepStatus
  | TickStatus
  | BackfillStatus
  | PartitionStatus
  | CheckStatus;
export type CheckStatus = "passed" | "failed" | "warned" | "running" | "never";

const LOOK: Record<string, { word: string; tone: Tone }> = {
  NOT_STARTED: { word: "Not started", tone: "queue" },
  QUEUED: { word: "Queued", tone: "queue" },
  STARTING: { word: "Starting", tone: "run" },
  STARTED: { word: "Running", tone: "run" },
  SUCCESS: { word: "Succeeded", tone: "good" },
  FAILURE: { word: "Failed", tone: "bad" },
  CANCELING: { word: "Canceling", tone: "cancel" },
  CANCELED: { word: "Canceled", tone: "cancel" },
  materialized: { word: "Materialized", tone: "good" },
  stale: { word: "Stale", tone: "stale" },
  failed: { word: "Failed", tone: "bad" },
  skipped: { word: "Skipped", tone: "skip" },
  running: { word: "Running", tone: "run" },
  queued: { word: "Queued", tone: "queue" },
  missing: { word: "Missing", tone: "none" },
  external: { word: "External", tone: "none" },
  waiting: { word: "Waiting", tone: "wait" },
  ready: { word: "Ready", tone: "queue" },
  succeeded: { word: "Succeeded", tone: "good" },
  retrying: { word: "Retrying", tone: "wait" },
  canceled: { word: "Canceled", tone: "cancel" },
  not_run: { word: "Not run", tone: "skip" },
  canceling: { word: "Canceling", tone: "cancel" },
  started: { word: "Running", tone: "run" },
  paused: { word: "Paused", tone: "wait" },
  passed: { word: "Passed", tone: "good" },
  warned: { word: "Warned", tone: "wait" },
  stopped: { word: "Stopped", tone: "none" },
  never: { word: "Never run", tone: "none" },
};

export function look(status: AnyStatus): { word: string; tone: Tone } {
  return LOOK[status] ?? { word: status, tone: "none" };
}

export function isFinished(status: RunStatus): boolean {
  return status === "SUCCESS" || status === "FAILURE" || status === "CANCELED";
}

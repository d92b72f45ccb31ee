import { type AnyStatus, look, type Tone } from "@/model/status";

/** A state is always a shape, a colour and a word; `bare` keeps the word for screen readers only. */
export function Status({ status, bare = false, word }: { status: AnyStatus; bare?: boolean; word?: string }) {
  const { word: usual, tone } = look(status);
  return (
    <span className={`status tone-${tone}`} title={bare ? (word ?? usual) : undefined}>
      <StatusShape tone={tone} />
      <span
        className={bare ? "visually-hidden" : `status-word tone-${tone}`}
        style={{ color: "var(--tone)" }}
      >
        {word ?? usual}
      </span>
    </span>
  );
}

export function StatusShape({ tone, size = 14 }: { tone: Tone; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      className={`tone-${tone} flex-none`}
    >
      <Shape tone={tone} />
    </svg>
  );
}

function Shape({ tone }: { tone: Tone }) {
  const fill = "var(--tone)";
  const line = {
    fill: "none",
    stroke: fill,
    strokeWidth: 1.8,
    strokeLinecap: "round",
    strokeLinejoin: "round",
  } as const;
  const cut = { ...line, stroke: "var(--surface)" };
  switch (tone) {
    case "good":
      return (
        <>
          <circle cx="8" cy="8" r="6.5" fill={fill} />
          <path d="M5 8.300 7.200 10.500 11 6" {...cut} />
        </>
      );
    case "bad":
      return (
        <>
          <path d="M5.300 1.500h5.400l3.800 3.800v5.400l-3.800 3.800H5.300l-3.800-3.800V5.300z" fill={fill} />
          <path d="M5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400" {...cut} />
        </>
      );
    case "run":
      return (
        <g className="spin">
          <circle cx="8" cy="8" r="5.700" {...line} opacity="0.25" />
          <path d="M8 2.300A5.700 5.700 0 0 1 13.700 8" {...line} strokeWidth={2.2} />
        </g>
      );
    case "queue":
      return (
        <>
          <circle cx="8" cy="8" r="5.700" {...line} />
          <path d="M8 5v3.200l2 1.300" {...line} strokeWidth={1.5} />
        </>
      );
    case "wait":
      return (
        <path
          d="M4 2h8M4 14h8M5 2c0 3.500 2.400 4.600 3 6-.6 1.400-3 2.500-3 6M11 2c0 3.500-2.400 4.600-3 6 .6 1.400 3 2.500 3 6"
          {...line}
          strokeWidth={1.5}
        />
      );
    case "cancel":
      return (
        <>
          <circle cx="8" cy="8" r="5.700" {...line} />
          <path d="M4.200 11.800l7.600-7.600" {...line} />
        </>
      );
    case "skip":
      return <circle cx="8" cy="8" r="5.700" {...line} strokeDasharray="2.600 2.600" />;
    case "stale":
      return (
        <>
          <path d="M8 1.700 14.300 8 8 14.300 1.700 8z" fill={fill} />
          <path d="M8 5v3.400M8 10.900h.01" {...cut} />
        </>
      );
    case "none":
      return <circle cx="8" cy="8" r="5.700" {...line} strokeWidth={1.4} />;
  }
}

import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useRead } from "@/api/queries";
import type { Page, SavedView, TagKeyRow } from "@/api/types";
import { isZone } from "@/model/time";
import { ColumnMenu } from "@/ui/ColumnMenu";
import { useNow } from "@/ui/clock";
import { KeyList } from "@/ui/KeyList";
import { PageHead, Panel } from "@/ui/Panel";
import { Choice } from "@/ui/parts";
import { listOf, type Preferences, setPreferences, USUAL, usePreferences, useTimes } from "@/ui/preferences";
import { HueDot } from "@/ui/TagChip";
import { toast } from "@/ui/toasts";

/** How this person wants to see things; all of it is kept in this browser. */
export default function SettingsPage() {
  const preferences = usePreferences();
  const reset = () => {
    const before = { ...preferences };
    setPreferences(USUAL);
    toast("All settings are as they come.", { label: "Undo", run: () => setPreferences(before) });
  };
  return (
    <>
      <PageHead
        title="Settings"
        actions={
          <button type="button" className="btn" onClick={reset}>
            Reset all
          </button>
        }
      >
        <span className="text-faint">Yours, kept in this browser</span>
      </PageHead>
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,6fr)_minmax(0,5fr)] items-start gap-3 overflow-auto p-3">
        <div className="flex flex-col gap-3">
          <Look {...preferences} />
          <TimesOfDay {...preferences} />
          <Starts {...preferences} />
          <Columns {...preferences} />
        </div>
        <div className="flex flex-col gap-3">
          <Panel title="Keys" bodyClass="p-4">
            <KeyList />
          </Panel>
          <Colours />
        </div>
      </div>
    </>
  );
}

function Setting({ label, help, children }: { label: string; help?: ReactNode; children: ReactNode }) {
  return (
    <div className="grid min-h-11 grid-cols-[130px_minmax(0,1fr)] items-center gap-x-4 gap-y-0.5 border-line border-b px-4 py-2 last:border-b-0">
      <span className="font-medium">{label}</span>
      <div className="flex flex-wrap items-center gap-2">{children}</div>
      {help && <p className="col-start-2 text-faint text-sm">{help}</p>}
    </div>
  );
}

const THEMES = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;
const DENSITIES = [
  { value: "compact", label: "Compact" },
  { value: "comfortable", label: "Comfortable" },
] as const;

function Look({ theme, density }: Preferences) {
  return (
    <Panel title="Look">
      <Setting label="Theme">
        <Choice
          label="Theme"
          value={theme}
          options={THEMES}
          onChange={(next) => setPreferences({ theme: next })}
        />
      </Setting>
      <Setting label="Rows">
        <Choice
          label="Rows"
          value={density}
          options={DENSITIES}
          onChange={(next) => setPreferences({ density: next })}
        />
      </Setting>
    </Panel>
  );
}

const HOURS = [
  { value: "24", label: "24 hours" },
  { value: "12", label: "12 hours" },
] as const;
type ZoneKind = "here" | "utc" | "named";
const ZONES: readonly { value: ZoneKind; label: string }[] = [
  { value: "here", label: "This machine's" },
  { value: "utc", label: "UTC" },
  { value: "named", label: "Another" },
];

function TimesOfDay({ zone, hours }: Preferences) {
  const times = useTimes();
  const now = useNow();
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [isNaming, setNaming] = useState(false);
  const kind: ZoneKind = isNaming || !["", "UTC"].includes(zone) ? "named" : zone === "" ? "here" : "utc";
  const choose = (next: ZoneKind) => {
    setNaming(next === "named");
    if (next !== "named") setPreferences({ zone: next === "utc" ? "UTC" : "" });
  };
  return (
    <Panel title="Times" aside={<span className="text-soft">Now: {times.full(now)}</span>}>
      <Setting
        label="Time zone"
        help={
          <>
            This machine is in {here}. Times of schedules are in the zone that the schedule names, whatever
            you choose here.
          </>
        }
      >
        <Choice label="Time zone" value={kind} options={ZONES} onChange={choose} />
        {kind === "named" && <ZoneField zone={zone} />}
      </Setting>
      <Setting label="Hours">
        <Choice
          label="Hours"
          value={hours}
          options={HOURS}
          onChange={(next) => setPreferences({ hours: next })}
        />
      </Setting>
    </Panel>
  );
}

function ZoneField({ zone }: { zone: string }) {
  const [text, setText] = useState(zone);
  const isWrong = text !== "" && !isZone(text);
  return (
    <>
      <input
        className="field w-52"
        list="zones"
        aria-label="Name of the zone"
        aria-invalid={isWrong}
        placeholder="Europe/Berlin"
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          if (next !== "" && isZone(next)) setPreferences({ zone: next });
        }}
      />
      <datalist id="zones">
        {Intl.supportedValuesOf("timeZone").map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {isWrong && <span className="text-wait">This browser knows no zone of that name.</span>}
    </>
  );
}

interface Start {
  name: "startHome" | "startAssets" | "startJobs" | "startRuns" | "startAutomation";
  label: string;
  path: string;
  options: readonly { url: string; label: string }[];
}

const STARTS: readonly Start[] = [
  {
    name: "startHome",
    label: "Home",
    path: "",
    options: [
      { url: "", label: "The last 24 hours, by job" },
      { url: "?range=6h", label: "The last 6 hours, by job" },
      { url: "?range=7d", label: "The last 7 days, by job" },
      { url: "?by=automation", label: "The last 24 hours, by automation" },
    ],
  },
  {
    name: "startAssets",
    label: "Assets",
    path: "assets",
    options: [
      { url: "", label: "Table" },
      { url: "assets?view=tree", label: "Tree" },
      { url: "assets?view=graph", label: "Graph" },
    ],
  },
  { name: "startJobs", label: "Jobs", path: "jobs", options: [{ url: "", label: "All" }] },
  {
    name: "startRuns",
    label: "Runs",
    path: "runs",
    options: [
      { url: "", label: "List" },
      { url: "runs?view=timeline", label: "Timeline" },
      { url: "runs?view=insights", label: "Insights" },
    ],
  },
  { name: "startAutomation", label: "Automation", path: "automation", options: [{ url: "", label: "All" }] },
];

/** Where a press in the navigation leads: a view of the page, or one that was saved. */
function Starts(preferences: Preferences) {
  const { data } = useRead<Page<SavedView>>("view", "views");
  const views = data?.items ?? [];
  return (
    <Panel title="Where pages begin">
      {STARTS.map(({ name, label, path, options }) => {
        const saved = views.filter((view) => view.url.split("?")[0] === path);
        const chosen = preferences[name];
        const isGone = ![...options, ...saved].some((each) => each.url === chosen);
        return (
          <Setting key={name} label={label}>
            <select
              className="field w-72 pr-6"
              aria-label={`${label} begins with`}
              value={chosen}
              onChange={(event) => setPreferences({ [name]: event.target.value })}
            >
              {options.map((option) => (
                <option key={option.url} value={option.url}>
                  {option.label}
                </option>
              ))}
              {saved.length > 0 && (
                <optgroup label="Saved views">
                  {saved.map((view) => (
                    <option key={view.id} value={view.url}>
                      {view.name}
                    </option>
                  ))}
                </optgroup>
              )}
              {isGone && <option value={chosen}>{chosen}</option>}
            </select>
          </Setting>
        );
      })}
      <p className="px-4 py-2 text-faint text-sm">
        The star beside a filter saves a view; it can then be chosen here. A link you are sent shows what it
        says.
      </p>
    </Panel>
  );
}

const LISTS = [
  { name: "columnsAssets", label: "Assets" },
  { name: "columnsJobs", label: "Jobs" },
  { name: "columnsRuns", label: "Runs" },
] as const;

function Columns(preferences: Preferences) {
  return (
    <Panel title="Tags shown as columns">
      {LISTS.map(({ name, label }) => {
        const keys = listOf(preferences[name]);
        const write = (next: readonly string[]) => setPreferences({ [name]: next.join(",") });
        return (
          <Setting key={name} label={label}>
            {keys.map((key) => (
              <span key={key} className="inline-flex items-center gap-1.5">
                <HueDot tagKey={key} /> {key}
              </span>
            ))}
            {keys.length === 0 && <span className="text-faint">none</span>}
            <ColumnMenu
              label={`Tag columns of ${label.toLowerCase()}`}
              keys={keys}
              add={(key) => write([...keys, key])}
              remove={(key) => write(keys.filter((other) => other !== key))}
            />
          </Setting>
        );
      })}
    </Panel>
  );
}

/** Colours belong to the instance: everybody sees a key in the same one. */
function Colours() {
  const { data } = useRead<Page<TagKeyRow>>("tag", "tags", { limit: 200 });
  return (
    <Panel title="Colours of tags" aside={<span className="text-faint">for everybody</span>}>
      <ul className="links flex flex-wrap gap-x-4 gap-y-1 px-4 py-3">
        {data?.items.map((row) => (
          <li key={row.key}>
            <Link to="/tags/$key" params={{ key: row.key }} className="link flex items-center gap-1.5">
              <HueDot tagKey={row.key} /> {row.key}
            </Link>
          </li>
        ))}
      </ul>
      <p className="border-line border-t px-4 py-2 text-faint text-sm">
        The page of a key is where its colour and its description are set.
      </p>
    </Panel>
  );
}

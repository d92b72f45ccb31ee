import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { api } from "@/api/client";
import { useConnection } from "@/api/live";
import { refresh, useRead } from "@/api/queries";
import type { Page, SavedView, Session, Status } from "@/api/types";
import { readAddress } from "@/model/paths";
import { Icon, type IconName } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import { setPreferences, startOf, type Theme, usePreferences } from "@/ui/preferences";
import { toast, toastError } from "@/ui/toasts";

const ITEMS: readonly { to: string; label: string; icon: IconName; key: string }[] = [
  { to: "/", label: "Home", icon: "home", key: "h" },
  { to: "/assets", label: "Assets", icon: "assets", key: "a" },
  { to: "/jobs", label: "Jobs", icon: "jobs", key: "j" },
  { to: "/runs", label: "Runs", icon: "runs", key: "r" },
  { to: "/automation", label: "Automation", icon: "automation", key: "u" },
  { to: "/tags", label: "Tags", icon: "tags", key: "t" },
  { to: "/deployment", label: "Deployment", icon: "deployment", key: "d" },
];

export function Nav({
  onSearch,
  onKeys,
  session,
}: {
  onSearch: () => void;
  onKeys: () => void;
  session: Session | null;
}) {
  const preferences = usePreferences();
  const isNavNarrow = preferences.nav === "narrow";
  const { pathname } = useLocation();
  const { data: status } = useRead<Status>("run", "status", {}, { every: 15_000 });
  return (
    <nav
      aria-label="Main"
      className={`flex flex-none flex-col border-line border-r bg-surface ${isNavNarrow ? "w-12" : "w-52"}`}
    >
      <div className="flex h-12 flex-none items-center gap-2 px-3.5">
        <Mark />
        {!isNavNarrow && (
          <span className="min-w-0 flex-1 truncate font-semibold text-lg tracking-tight">Earmark</span>
        )}
      </div>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={onSearch}
          aria-label="Search and go"
          className="btn btn-quiet w-full justify-start border-line bg-canvas px-2 text-faint"
        >
          <Icon name="search" size={14} />
          {!isNavNarrow && (
            <>
              <span className="flex-1 text-left font-normal">Search</span>
              <span className="kbd">/</span>
            </>
          )}
        </button>
      </div>
      <ul className="px-2">
        {ITEMS.map((item) => {
          const isHere = item.to === "/" ? pathname === "/" : pathname.startsWith(item.to);
          return (
            <li key={item.to}>
              <Link
                {...startOf(item.to, preferences)}
                aria-current={isHere ? "page" : undefined}
                aria-label={item.label}
                title={`${item.label} (g ${item.key})`}
                className={`mb-px flex h-8 items-center gap-2.5 rounded-md px-2 font-medium ${isHere ? "bg-accent-tint text-ink" : "text-soft hover:bg-hover hover:text-ink"}`}
              >
                <Icon name={item.icon} className={isHere ? "text-accent" : ""} />
                {!isNavNarrow && (
                  <>
                    <span className="flex-1">{item.label}</span>
                    <Badge item={item.to} status={status} />
                  </>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
      {!isNavNarrow && <Views />}
      <div className="flex-1" />
      <NavFoot session={session} onKeys={onKeys} isNarrow={isNavNarrow} />
    </nav>
  );
}

function Mark() {
  return (
    <svg aria-hidden="true" width="20" height="20" viewBox="0 0 32 32" className="flex-none">
      <path
        d="M4 6a3 3 0 0 1 3-3h9.500a3 3 0 0 1 2.100.9l9.500 9.500a3 3 0 0 1 0 4.200l-9.500 9.500a3 3 0 0 1-4.200 0L4.900 17.600A3 3 0 0 1 4 15.500Z"
        fill="var(--accent)"
      />
      <circle cx="10.500" cy="9.500" r="2.500" fill="var(--surface)" />
    </svg>
  );
}

function Badge({ item, status }: { item: string; status: Status | undefined }) {
  if (!status) return null;
  if (item === "/runs" && status.running + status.queued > 0) {
    return (
      <span className="flex gap-1 text-xs" title={`${status.running} running, ${status.queued} queued`}>
        <span className="text-run">{status.running}</span>
        {status.queued > 0 && <span className="text-faint">+{status.queued}</span>}
      </span>
    );
  }
  if (item === "/deployment" && status.locations_failed + status.daemons_unhealthy > 0) {
    return <Icon name="alert" size={14} className="text-bad" />;
  }
  return null;
}

function Views() {
  const { data } = useRead<Page<SavedView>>("view", "views", {}, { every: 5000 });
  const pinned = data?.items.filter((view) => view.is_pinned) ?? [];
  if (pinned.length === 0) return null;
  const remove = async (view: SavedView) => {
    try {
      await api.delete(`views/${view.id}`);
      refresh("view");
      const { name, url, is_shared, is_pinned } = view;
      toast(`Removed “${name}”`, {
        label: "Undo",
        run: () =>
          void api.post("views", { name, url, is_shared, is_pinned }).then(() => refresh("view"), toastError),
      });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <section aria-label="Saved views" className="mt-4 min-h-0 overflow-y-auto px-2">
      <h2 className="label px-2 pb-1">Views</h2>
      <ul>
        {pinned.map((view) => (
          <li key={view.id} className="group flex items-center">
            <Link
              {...readAddress(view.url)}
              className="flex h-7 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-soft hover:bg-hover hover:text-ink"
            >
              <span className="min-w-0 flex-1 truncate">{view.name}</span>
              {view.count !== null && (
                <span className="text-faint text-xs">{view.count.toLocaleString()}</span>
              )}
            </Link>
            {!view.is_built_in && (
              <button
                type="button"
                className="btn btn-quiet btn-small btn-icon opacity-0 focus:opacity-100 group-hover:opacity-100"
                aria-label={`Remove view ${view.name}`}
                onClick={() => void remove(view)}
              >
                <Icon name="close" size={12} />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function NavFoot({
  session,
  onKeys,
  isNarrow,
}: {
  session: Session | null;
  onKeys: () => void;
  isNarrow: boolean;
}) {
  const { theme, density } = usePreferences();
  const navigate = useNavigate();
  const onSettings = () => void navigate({ to: "/settings" });
  const themes: Theme[] = ["system", "light", "dark"];
  return (
    <div className={`flex items-center gap-0.5 border-line border-t p-2 ${isNarrow ? "flex-col" : ""}`}>
      <Connection isNarrow={isNarrow} session={session} />
      <Menu
        label="Look"
        trigger={<Icon name={theme === "dark" ? "moon" : "sun"} />}
        entries={[
          ...themes.map((each) => ({
            label: `${each[0]?.toUpperCase()}${each.slice(1)} theme`,
            isChecked: theme === each,
            onSelect: () => setPreferences({ theme: each }),
          })),
          "line",
          {
            label: "Comfortable rows",
            isChecked: density === "comfortable",
            onSelect: () => setPreferences({ density: density === "compact" ? "comfortable" : "compact" }),
          },
          "line",
          { label: "Settings", hint: "g s", onSelect: onSettings },
          { label: "Keys", hint: "?", onSelect: onKeys },
          ...(session?.login_required
            ? [
                {
                  label: "Log out",
                  onSelect: () => void api.post("logout").then(() => location.reload(), toastError),
                },
              ]
            : []),
        ]}
      />
      <button
        type="button"
        className="btn btn-icon btn-quiet"
        aria-label={isNarrow ? "Widen the navigation" : "Narrow the navigation"}
        onClick={() => setPreferences({ nav: isNarrow ? "wide" : "narrow" })}
      >
        <Icon name="side" />
      </button>
    </div>
  );
}

function Connection({ isNarrow, session }: { isNarrow: boolean; session: Session | null }) {
  const connection = useConnection();
  const words = { live: "Live", connecting: "Connecting", polling: "Polling every 5 s" }[connection];
  const color = connection === "live" ? "bg-good" : connection === "polling" ? "bg-wait" : "bg-line-strong";
  return (
    <div className="flex min-w-0 flex-1 items-center gap-2 px-1.5" title={words} role="status">
      <span className={`size-2 flex-none rounded-full ${color}`} />
      <span className={isNarrow ? "visually-hidden" : "min-w-0 flex-1 truncate text-soft text-sm"}>
        {connection === "live" ? (session?.instance ?? words) : words}
      </span>
    </div>
  );
}

import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { live } from "@/api/live";
import { useRead } from "@/api/queries";
import type { Session } from "@/api/types";
import { useChipMenu } from "@/ui/chip-menu-store";
import { setServerTime } from "@/ui/clock";
import { useHues } from "@/ui/hues";
import { Boundary } from "@/ui/Panel";
import { HueContext } from "@/ui/TagChip";
import { Toasts } from "@/ui/toasts";
import { useShellKeys } from "./keys";
import { Nav } from "./Nav";

const Palette = lazy(() => import("./Palette"));
const KeyHelp = lazy(() => import("./KeyHelp"));
const ChipMenu = lazy(() => import("@/ui/ChipMenu"));

/** What surrounds every page: navigation, palette, keys, live updates. */
export function Shell() {
  const [overlay, setOverlay] = useState<"palette" | "keys" | null>(null);
  const { pathname } = useLocation();
  const { data: session } = useRead<Session>("session", "session");
  const navigate = useNavigate();
  const chip = useChipMenu();
  useShellKeys(setOverlay);
  useEffect(() => live.start(), []);
  useEffect(() => {
    if (session) setServerTime(session.now);
    if (session?.login_required && !session.user && pathname !== "/login") {
      void navigate({ to: "/login", search: { next: pathname } });
    }
  }, [session, pathname, navigate]);

  if (pathname === "/login") return <Outlet />;
  return (
    <ShellColours>
      <button
        type="button"
        className="btn btn-primary absolute -top-10 left-2 z-60 focus:top-2"
        onClick={() => document.getElementById("main")?.focus()}
      >
        Skip to content
      </button>
      <div className="flex h-full">
        <Nav
          onSearch={() => setOverlay("palette")}
          onKeys={() => setOverlay("keys")}
          session={session ?? null}
        />
        <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          <Boundary key={pathname}>
            <Outlet />
          </Boundary>
        </main>
      </div>
      <Suspense fallback={null}>
        {overlay === "palette" && <Palette onClose={() => setOverlay(null)} />}
        {overlay === "keys" && <KeyHelp onClose={() => setOverlay(null)} />}
        {chip && <ChipMenu target={chip} />}
      </Suspense>
      <Toasts />
    </ShellColours>
  );
}

function ShellColours({ children }: { children: React.ReactNode }) {
  return <HueContext.Provider value={useHues()}>{children}</HueContext.Provider>;
}

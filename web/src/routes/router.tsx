import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { NotFound } from "@/features/shell/NotFound";
import { Shell } from "@/features/shell/Shell";
import { readSearch, writeSearch } from "@/model/paths";
import { Failure, Loading } from "@/ui/Panel";
import { validateSearch } from "@/ui/url";

const root = createRootRoute({ validateSearch, component: Shell, notFoundComponent: NotFound });

const page = <Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

// A route of its own, so that the empty rest of /assets is the list and not an asset without a name.
const assets = createRoute({ getParentRoute: () => root, path: "/assets" });

const routeTree = root.addChildren([
  assets.addChildren([
    createRoute({
      getParentRoute: () => assets,
      path: "/",
      component: lazyRouteComponent(() => import("@/features/assets/AssetsPage")),
    }),
    createRoute({
      getParentRoute: () => assets,
      path: "/$",
      component: lazyRouteComponent(() => import("@/features/asset/AssetPage")),
    }),
  ]),
  page("/", () => import("@/features/home/HomePage")),
  page("/jobs", () => import("@/features/jobs/JobsPage")),
  page("/jobs/$name", () => import("@/features/jobs/JobPage")),
  page("/jobs/$name/launch", () => import("@/features/launch/LaunchPage")),
  page("/launch", () => import("@/features/launch/LaunchPage")),
  page("/runs", () => import("@/features/runs/RunsPage")),
  page("/runs/$id", () => import("@/features/run/RunPage")),
  page("/backfills/$id", () => import("@/features/backfill/BackfillPage")),
  page("/automation", () => import("@/features/automation/AutomationPage")),
  page("/automation/$name", () => import("@/features/automation/AutomationDetailPage")),
  page("/tags", () => import("@/features/tags/TagsPage")),
  page("/tags/$key", () => import("@/features/tags/TagKeyPage")),
  page("/tags/$key/$value", () => import("@/features/tags/TagValuePage")),
  page("/deployment/$section", () => import("@/features/deployment/DeploymentPage")),
  page("/settings", () => import("@/features/settings/SettingsPage")),
  page("/login", () => import("@/features/shell/LoginPage")),
  createRoute({
    getParentRoute: () => root,
    path: "/deployment",
    beforeLoad: () => {
      throw redirect({ to: "/deployment/$section", params: { section: "locations" } });
    },
  }),
]);

/** The UI may live under a prefix, which the server writes into the page's `<base href>`. */
const basepath = new URL(document.baseURI).pathname.replace(/\/$/, "") || "/";

export const router = createRouter({
  routeTree,
  basepath,
  parseSearch: readSearch,
  stringifySearch: writeSearch,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingMs: 150,
  defaultPendingComponent: () => <Loading rows={14} />,
  defaultErrorComponent: ({ error }) => (
    <Failure error={error instanceof Error ? error : new Error(String(error))} />
  ),
  defaultNotFoundComponent: NotFound,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

import { Link, useParams } from "@tanstack/react-router";
import { NotFound } from "@/ui/NotFoundNote";
import { Boundary, PageHead } from "@/ui/Panel";
import { Config } from "./Config";
import { Daemons } from "./Daemons";
import { Limits } from "./Limits";
import { Locations } from "./Locations";

const SECTIONS = [
  { id: "locations", label: "Locations", view: Locations },
  { id: "daemons", label: "Daemons", view: Daemons },
  { id: "concurrency", label: "Concurrency", view: Limits },
  { id: "config", label: "Configuration", view: Config },
] as const;

export default function DeploymentPage() {
  const { section } = useParams({ strict: false }) as { section: string };
  const here = SECTIONS.find((each) => each.id === section);
  return (
    <>
      <PageHead title="Deployment" />
      <nav
        aria-label="Parts of the deployment"
        data-tabs
        className="flex flex-none border-line border-b bg-surface px-4"
      >
        {SECTIONS.map((each) => (
          <Link
            key={each.id}
            to="/deployment/$section"
            params={{ section: each.id }}
            aria-current={each.id === section ? "page" : undefined}
            className="tab"
          >
            {each.label}
          </Link>
        ))}
      </nav>
      <div className="min-h-0 flex-1 overflow-auto p-3">
        <Boundary key={section}>{here ? <here.view /> : <NotFound what="part of the deployment" />}</Boundary>
      </div>
    </>
  );
}

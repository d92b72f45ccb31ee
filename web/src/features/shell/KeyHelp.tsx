import { Dialog } from "@/ui/Dialog";
import { KEY_MAP } from "./keys";

export default function KeyHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose} width="w-[620px]">
      <div className="grid grid-cols-2 gap-6">
        {KEY_MAP.map((part) => (
          <section key={part.title}>
            <h3 className="label pb-1">{part.title}</h3>
            <dl className="grid grid-cols-[90px_1fr] gap-y-1">
              {part.keys.map(([key, words]) => (
                <div key={key} className="contents">
                  <dt>
                    <span className="kbd">{key}</span>
                  </dt>
                  <dd>{words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

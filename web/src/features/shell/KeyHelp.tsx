import { Dialog } from "@/ui/Dialog";
import { KeyList } from "@/ui/KeyList";

export default function KeyHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose} width="w-[620px]">
      <KeyList />
    </Dialog>
  );
}

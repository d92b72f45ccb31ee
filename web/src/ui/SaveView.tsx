import { useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { refresh } from "@/api/queries";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import { toast, toastError } from "./toasts";

/** Keeps the page's address under a name, pinned in the navigation. */
export function SaveView() {
  return (
    <Popover
      label="Save this view"
      buttonClass="btn btn-icon"
      trigger={<Icon name="star" />}
      className="w-72 p-3"
    >
      <SaveForm />
    </Popover>
  );
}

function SaveForm() {
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const location = useLocation();
  const save = async () => {
    try {
      const url = `${location.pathname.slice(1)}${location.searchStr}`;
      await api.post("views", { name, url, is_shared: isShared, is_pinned: true });
      refresh("view");
      toast(`Saved “${name}”; it is pinned at the left.`);
      setName("");
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label className="flex flex-col gap-1">
        <span className="label">Name of this view</span>
        <input
          className="field"
          value={name}
          onChange={(event) => setName(event.target.value)}
          placeholder="My failing runs"
        />
      </label>
      <label className="flex items-center gap-2 text-soft">
        <input
          type="checkbox"
          className="accent-accent"
          checked={isShared}
          onChange={(event) => setShared(event.target.checked)}
        />
        Share with everybody
      </label>
      <button type="submit" className="btn btn-primary" disabled={name.trim() === ""}>
        Save
      </button>
    </form>
  );
}

import { useEffect, useState } from "react";
import { ApiError, api } from "@/api/client";
import type { LaunchPreview, LaunchRequest, Tags } from "@/api/types";

export const EMPTY_LAUNCH: LaunchRequest = {
  job: null,
  location: null,
  assets: [],
  q: null,
  config: "",
  tags: {},
  remove_tags: [],
  op_selection: [],
  partition: null,
  partition_range: null,
  only: "all",
  parent: null,
  mode: "all",
  steps: [],
};

const PAUSE = 200;

/** Whether a launch cannot be done as it stands. */
export const isBlocked = (preview: LaunchPreview | null) =>
  preview !== null && preview.faults.length + preview.refused.length > 0;

/** What the server would make of the request; asked again a moment after each change. */
export function usePreview(request: LaunchRequest): {
  preview: LaunchPreview | null;
  error: ApiError | null;
} {
  const [preview, setPreview] = useState<LaunchPreview | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const text = JSON.stringify(request);
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      api.post<LaunchPreview>("launch/preview", JSON.parse(text)).then(
        (answer) => {
          if (isOld) return;
          setPreview(answer);
          setError(null);
        },
        (fault: unknown) => {
          if (!isOld && fault instanceof ApiError) setError(fault);
        },
      );
    }, PAUSE);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return { preview, error };
}

/** Changes of a request's tags. */
export function withTag(request: LaunchRequest, key: string, value: string): LaunchRequest {
  return {
    ...request,
    tags: { ...request.tags, [key]: value },
    remove_tags: request.remove_tags.filter((other) => other !== key),
  };
}

export function withoutTag(request: LaunchRequest, key: string, inherited: boolean): LaunchRequest {
  const tags: Tags = { ...request.tags };
  delete tags[key];
  return {
    ...request,
    tags,
    remove_tags: inherited ? [...new Set([...request.remove_tags, key])] : request.remove_tags,
  };
}

export function withPriority(request: LaunchRequest, priority: number): LaunchRequest {
  if (priority === 0) return withoutTag(request, "dagster/priority", false);
  return withTag(request, "dagster/priority", String(priority));
}

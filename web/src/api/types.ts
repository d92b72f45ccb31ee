// Generated from the server's OpenAPI document (shapes 4bff91487679d23e): `npm run generate`. Do not edit.
// Every field of an answer is always sent; absence is `null`; a list may be empty but is never missing.

/** An instant: integer microseconds since 1970-01-01 UTC. */
export type Micros = number;
/** A length of time in seconds, fractions allowed. */
export type Seconds = number;
/** An asset key as people write it: segments joined by slashes. */
export type AssetKey = string;
/** Tag keys with their values, sorted by key. */
export type Tags = Record<string, string>;
/** One page of a list. `next_cursor` is null on the last page; `total` counts all that match `q`. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AssetAutomation
         * @description The condition of an asset or job and its latest evaluations.
         */
        AssetAutomation: {
            condition: string | null;
            evaluations: components["schemas"]["AssetAutomationEvaluation"][];
        };
        /**
         * AssetAutomationEvaluation
         * @description One evaluation of a condition: how it came out, or why it could not be evaluated.
         */
        AssetAutomationEvaluation: {
            at: number;
            error: components["schemas"]["ErrorInfo"] | null;
            id: string;
            requested: number;
            run_ids: string[];
            tree: components["schemas"]["ConditionNode"] | null;
        };
        /**
         * AssetDetail
         * @description An asset's page.
         */
        AssetDetail: {
            automation: string[];
            checks: components["schemas"]["CheckCounts"] | null;
            code_version: string | null;
            definition_at: string | null;
            description: string | null;
            downstream: components["schemas"]["AssetRow"][];
            /** @description First line of the error when failed or skipped. */
            error: string | null;
            failure: components["schemas"]["AssetDetailFailure"] | null;
            freshness: components["schemas"]["AssetDetailFreshness"] | null;
            group: string;
            io_manager: string | null;
            is_executable: boolean;
            is_stale_definition: boolean;
            jobs: string[];
            key: string;
            kinds: string[];
            latest: components["schemas"]["AssetEvent"] | null;
            location: string;
            materialized_at: number | null;
            metadata: components["schemas"]["MetadataEntry"][];
            op: string | null;
            owners: string[];
            partition_dimensions: components["schemas"]["AssetDetailPartitionDimension"][];
            partitions: components["schemas"]["PartitionCounts"] | null;
            pool: string | null;
            run_id: string | null;
            /** @description The failed upstream asset for status `skipped`. */
            skipped_because: string | null;
            stale_causes: components["schemas"]["AssetDetailStaleCause"][];
            status: components["schemas"]["AssetStatus"];
            tag_rows: components["schemas"]["TagWithOrigin"][];
            tags: {
                [key: string]: string;
            };
            /** @description Numeric metadata of the last 50 materializations; `values` holds one number or null for each `at`. */
            trends: components["schemas"]["AssetDetailTrend"][];
            upstream: components["schemas"]["AssetRow"][];
        };
        /**
         * AssetDetailFailure
         * @description The last failure of an asset, where nothing was written since.
         */
        AssetDetailFailure: {
            at: number;
            error: components["schemas"]["ErrorInfo"];
            run_id: string;
            step: string;
        };
        /**
         * AssetDetailFreshness
         * @description Whether an asset is as fresh as its policy asks.
         */
        AssetDetailFreshness: {
            deadline: number | null;
            policy: string;
            /** @enum {string} */
            state: "fresh" | "late" | "unknown";
        };
        /**
         * AssetDetailPartitionDimension
         * @description One way in which something is cut.
         */
        AssetDetailPartitionDimension: {
            first: string;
            kind: string;
            last: string;
            name: string;
            total: number;
        };
        /**
         * AssetDetailStaleCause
         * @description Why an asset is stale.
         */
        AssetDetailStaleCause: {
            asset: string;
            /** @description For how many of its partitions that is so; null for an asset without. */
            partitions: number | null;
            reason: string;
        };
        /**
         * AssetDetailTrend
         * @description A number over the last materializations.
         */
        AssetDetailTrend: {
            at: number[];
            name: string;
            values: (number | null)[];
        };
        /**
         * AssetEvent
         * @description Something that happened to an asset.
         */
        AssetEvent: {
            at: number;
            job: string | null;
            /**
             * @description A `skip` is an asset that was not tried because one upstream failed.
             * @enum {string}
             */
            kind: "materialization" | "observation" | "failure" | "skip" | "check";
            message: string | null;
            metadata: components["schemas"]["MetadataEntry"][];
            partition: string | null;
            run_id: string | null;
            seq: number;
            tags: {
                [key: string]: string;
            };
        };
        /** Page[AssetEvent] */
        AssetEventPage: {
            items: components["schemas"]["AssetEvent"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * AssetRow
         * @description An asset in the catalog.
         */
        AssetRow: {
            checks: components["schemas"]["CheckCounts"] | null;
            /** @description First line of the error when failed or skipped. */
            error: string | null;
            group: string;
            key: string;
            kinds: string[];
            location: string;
            materialized_at: number | null;
            owners: string[];
            partitions: components["schemas"]["PartitionCounts"] | null;
            run_id: string | null;
            status: components["schemas"]["AssetStatus"];
            tags: {
                [key: string]: string;
            };
        };
        /** Page[AssetRow] */
        AssetRowPage: {
            items: components["schemas"]["AssetRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * AssetStatus
         * @enum {string}
         */
        AssetStatus: "materialized" | "stale" | "failed" | "skipped" | "running" | "queued" | "missing" | "external";
        /**
         * AssetTreeRow
         * @description A folder or an asset in the tree of keys.
         */
        AssetTreeRow: {
            /** @description The asset itself when the prefix is a whole key. */
            asset: components["schemas"]["AssetRow"] | null;
            count: number;
            failed: number;
            has_children: boolean;
            name: string;
            /** @description Key prefix, e.g. `marts/finance`. */
            prefix: string;
            stale: number;
        };
        /** Page[AssetTreeRow] */
        AssetTreeRowPage: {
            items: components["schemas"]["AssetTreeRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * AuditRow
         * @description Something that somebody did.
         */
        AuditRow: {
            action: string;
            at: number;
            author: string;
            detail: string;
            seq: number;
            target: string;
        };
        /** Page[AuditRow] */
        AuditRowPage: {
            items: components["schemas"]["AuditRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * AutomationDetail
         * @description The page of a schedule, sensor or condition.
         */
        AutomationDetail: {
            cursor: string | null;
            /** @enum {string} */
            default_status: "running" | "stopped";
            description: string | null;
            is_running: boolean;
            kind: components["schemas"]["AutomationKind"];
            last_tick: components["schemas"]["TickRow"] | null;
            location: string;
            minimum_interval: number | null;
            name: string;
            next_at: number | null;
            /** @description The last 20 ticks, oldest first. */
            recent: components["schemas"]["AutomationRowRecent"][];
            /** @description `0 6 * * *` or `every 30 s`, and the words for it. */
            rhythm: string;
            rhythm_words: string;
            runs_today: number;
            tag_rows: components["schemas"]["TagWithOrigin"][];
            tags: {
                [key: string]: string;
            };
            targets: string[];
            timezone: string | null;
            upcoming: number[];
        };
        /**
         * AutomationKind
         * @enum {string}
         */
        AutomationKind: "schedule" | "sensor" | "automation";
        /**
         * AutomationRow
         * @description A schedule, sensor or condition in the list.
         */
        AutomationRow: {
            is_running: boolean;
            kind: components["schemas"]["AutomationKind"];
            last_tick: components["schemas"]["TickRow"] | null;
            location: string;
            name: string;
            next_at: number | null;
            /** @description The last 20 ticks, oldest first. */
            recent: components["schemas"]["AutomationRowRecent"][];
            /** @description `0 6 * * *` or `every 30 s`, and the words for it. */
            rhythm: string;
            rhythm_words: string;
            runs_today: number;
            tags: {
                [key: string]: string;
            };
            targets: string[];
            timezone: string | null;
        };
        /** Page[AutomationRow] */
        AutomationRowPage: {
            items: components["schemas"]["AutomationRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * AutomationRowRecent
         * @description A tick, as small as can be.
         */
        AutomationRowRecent: {
            at: number;
            id: string;
            runs: number;
            status: components["schemas"]["TickStatus"];
        };
        /**
         * BackfillDetail
         * @description A backfill's page.
         */
        BackfillDetail: {
            actions: ("cancel" | "pause" | "resume" | "retry_failed" | "tag")[];
            asset_count: number;
            author: string | null;
            created_at: number;
            ended_at: number | null;
            error: string | null;
            error_info: components["schemas"]["ErrorInfo"] | null;
            first: string;
            id: string;
            in_flight: number;
            job: string | null;
            last: string;
            max_in_flight: number;
            partitions: components["schemas"]["PartitionCounts"];
            priority: number;
            runs: number;
            status: components["schemas"]["BackfillStatus"];
            /** @description One strip per asset (or one for the job); spans index the partitions of the backfill in order. */
            strips: components["schemas"]["BackfillDetailStrip"][];
            tags: {
                [key: string]: string;
            };
            title: string;
        };
        /**
         * BackfillDetailStrip
         * @description How far a backfill has come with one asset.
         */
        BackfillDetailStrip: {
            asset: string | null;
            counts: components["schemas"]["PartitionCounts"];
            /** @description The names of the two dimensions, where it has two: then there is a grid of it, too. */
            dimensions: string[];
            spans: components["schemas"]["PartitionSpan"][];
        };
        /** BackfillEdit */
        BackfillEdit: {
            max_in_flight?: number | null;
            priority?: number | null;
            tags?: components["schemas"]["TagEdit"] | null;
        };
        /**
         * BackfillRequest
         * @description A backfill that is asked for.
         */
        BackfillRequest: {
            /** @default [] */
            assets: string[];
            /** @default null */
            job: string | null;
            /** @default null */
            max_in_flight: number | null;
            /**
             * @default all
             * @enum {string}
             */
            only: "all" | "missing" | "failed";
            /** @default [] */
            partitions: string[];
            /** @default null */
            q: string | null;
            /** @default [] */
            ranges: components["schemas"]["BackfillRequestRange"][];
            /** @default {} */
            tags: {
                [key: string]: string;
            };
        };
        /**
         * BackfillRequestRange
         * @description A range of partitions, both ends included.
         */
        BackfillRequestRange: {
            first: string;
            last: string;
        };
        /**
         * BackfillRow
         * @description A backfill in the list.
         */
        BackfillRow: {
            actions: ("cancel" | "pause" | "resume" | "retry_failed" | "tag")[];
            asset_count: number;
            author: string | null;
            created_at: number;
            ended_at: number | null;
            error: string | null;
            id: string;
            in_flight: number;
            job: string | null;
            partitions: components["schemas"]["PartitionCounts"];
            priority: number;
            runs: number;
            status: components["schemas"]["BackfillStatus"];
            tags: {
                [key: string]: string;
            };
            title: string;
        };
        /** Page[BackfillRow] */
        BackfillRowPage: {
            items: components["schemas"]["BackfillRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * BackfillStatus
         * @enum {string}
         */
        BackfillStatus: "queued" | "running" | "paused" | "canceling" | "canceled" | "failed" | "succeeded";
        /**
         * BulkResult
         * @description What came of it.
         */
        BulkResult: {
            done: number;
            failed: components["schemas"]["BulkResultFailed"][];
            matched: number;
            run_ids: string[];
        };
        /**
         * BulkResultFailed
         * @description One that it did not work for.
         */
        BulkResultFailed: {
            detail: string;
            id: string;
        };
        /**
         * BulkRuns
         * @description Something to be done to many runs.
         */
        BulkRuns: {
            action: components["schemas"]["RunAction"];
            /** @default false */
            dry_run: boolean;
            /**
             * @description With `q`: refused with 409 when more match by now than the person saw.
             * @default null
             */
            expected: number | null;
            /**
             * @description Either ids or a query.
             * @default null
             */
            ids: string[] | null;
            /** @default null */
            priority: number | null;
            /** @default null */
            q: string | null;
            /** @default null */
            tags: components["schemas"]["TagEdit"] | null;
        };
        /** CancelRequest */
        CancelRequest: {
            /** @default false */
            force: boolean;
        };
        /**
         * Change
         * @description Something that changed: never the thing itself; clients read again what they show.
         */
        Change: {
            id: string;
            /** @enum {unknown} */
            kind: "asset" | "automation" | "backfill" | "daemon" | "limit" | "location" | "run" | "run_events" | "tick" | "view";
            /** @description A run's or backfill's new status, where it changed. */
            status: string | null;
        };
        /**
         * Changes
         * @description A batch of changes.
         */
        Changes: {
            changes: components["schemas"]["Change"][];
        };
        /**
         * CheckCounts
         * @description How many checks ended how.
         */
        CheckCounts: {
            failed: number;
            passed: number;
            total: number;
            warned: number;
        };
        /**
         * CheckRow
         * @description A check with its latest result.
         */
        CheckRow: {
            asset: string;
            at: number | null;
            description: string | null;
            history: components["schemas"]["CheckRowHistory"][];
            is_blocking: boolean;
            metadata: components["schemas"]["MetadataEntry"][];
            name: string;
            run_id: string | null;
            /** @enum {string} */
            status: "passed" | "failed" | "warned" | "running" | "never";
        };
        /**
         * CheckRowHistory
         * @description One result of a check.
         */
        CheckRowHistory: {
            at: number;
            passed: boolean;
            run_id: string;
        };
        /** Page[CheckRow] */
        CheckRowPage: {
            items: components["schemas"]["CheckRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * Completion
         * @description Something that may stand at the caret.
         */
        Completion: {
            count: number | null;
            detail: string | null;
            /** @enum {string} */
            kind: "field" | "tag_key" | "value" | "name" | "operator";
            label: string;
            /** @description Replaces the text between `replace_from` and `replace_to`. */
            text: string;
        };
        /**
         * Completions
         * @description What may stand at the caret, and which text it replaces.
         */
        Completions: {
            items: components["schemas"]["Completion"][];
            /** @description Offsets into `q`, in UTF-16 code units. */
            replace_from: number;
            replace_to: number;
        };
        /**
         * ConditionNode
         * @description A part of a condition, and of what it is true.
         */
        ConditionNode: {
            children: components["schemas"]["ConditionNode"][];
            is_true: boolean;
            /** @description The first of them; neighbours in time as `first...last`. */
            keys: string[];
            label: string;
            /** @description Of how many partitions it is true; `None` where there are none. */
            partitions: number | null;
        };
        /**
         * ConfigFault
         * @description A fault in a configuration.
         */
        ConfigFault: {
            column: number | null;
            line: number | null;
            message: string;
            /** @description `ops.load.config.limit`. */
            path: string;
        };
        /**
         * CostPeriod
         * @description A day, a week or a month.
         */
        CostPeriod: {
            /** @description Now, of the one that is going on. */
            end: number;
            is_over: boolean;
            start: number;
        };
        /**
         * CostReport
         * @description What runs cost, period by period.
         */
        CostReport: {
            by: string;
            /** @description `run_time` (seconds), `runs`, `cost` or `metadata:NAME`. */
            measure: string;
            /** @description The names under which the newest materializations of assets have numbers, those that look like costs first. */
            measures: string[];
            /** @description How many older runs match besides, and are not summed up. */
            omitted: number;
            periods: components["schemas"]["CostPeriod"][];
            /** @description Those that cost most first; `(other)` sums up the rest, and what has no word comes last. */
            rows: components["schemas"]["CostRow"][];
            totals: components["schemas"]["CostRow"];
        };
        /**
         * CostRow
         * @description What the runs with one word cost in each period.
         */
        CostRow: {
            amounts: number[];
            /** @description How many runs they are of. */
            runs: number[];
            /** @description The word; null for runs without one. */
            value: string | null;
        };
        /** CursorRequest */
        CursorRequest: {
            cursor?: string | null;
            name: string;
        };
        /**
         * DaemonRow
         * @description A loop of a host, as the host last said.
         */
        DaemonRow: {
            detail: string | null;
            /** @description Of the lease, while its host leads. */
            epoch: number | null;
            /** @description What keeps it from being healthy. */
            error: string | null;
            host: string;
            /** @description How long it waits at most between two looks. */
            interval: number;
            is_healthy: boolean;
            /** @description Its host leads, so that it acts and does not only stand by. */
            is_leader: boolean;
            /** @description When its host last said anything. */
            last_beat: number | null;
            /** @description What went wrong in its latest look that failed; it may be healthy since. */
            last_error: string | null;
            last_error_at: number | null;
            /** @description When its last look ended. */
            last_look: number | null;
            looks: number;
            name: string;
            pid: number | null;
            started_at: number | null;
            version: string | null;
        };
        /** Page[DaemonRow] */
        DaemonRowPage: {
            items: components["schemas"]["DaemonRow"][];
            next_cursor: string | null;
            total: number;
        };
        /** DynamicPartitionsEdit */
        DynamicPartitionsEdit: {
            add?: string[];
            name: string;
            remove?: string[];
        };
        /**
         * ErrorInfo
         * @description An exception as a page shows it.
         */
        ErrorInfo: {
            causes: components["schemas"]["ErrorInfoCause"][];
            kind: string;
            message: string;
            /** @description Lines around `where`. */
            source: components["schemas"]["ErrorInfoSource"][];
            /** @description The user's own frames, innermost last. */
            traceback: string;
            where: string | null;
        };
        /**
         * ErrorInfoCause
         * @description What caused an exception.
         */
        ErrorInfoCause: {
            kind: string;
            message: string;
        };
        /**
         * ErrorInfoSource
         * @description A line of source code.
         */
        ErrorInfoSource: {
            is_cause: boolean;
            line: number;
            text: string;
        };
        /**
         * EventLevel
         * @enum {string}
         */
        EventLevel: "debug" | "info" | "warning" | "error" | "critical";
        /**
         * Explanation
         * @description Why a run waits.
         */
        Explanation: {
            ahead: components["schemas"]["ExplanationAhead"][];
            decided_at: number;
            effective_priority: number;
            gates: components["schemas"]["Gate"][];
            position: number | null;
            priority: number;
            run_id: string;
            sentence: string;
            status: components["schemas"]["RunStatus"];
        };
        /**
         * ExplanationAhead
         * @description A run that leaves the queue before.
         */
        ExplanationAhead: {
            job: string | null;
            priority: number;
            run_id: string;
        };
        /**
         * Facet
         * @description The values of one field among what matches.
         */
        Facet: {
            /** @description A field of the query language: `tag:team`, `group`, `kind`, `owner`, `status`, `job`. */
            field: string;
            label: string;
            /** @description Matching things without this field. */
            missing: number;
            /** @description Values that exist and are not listed. */
            more: number;
            values: components["schemas"]["FacetValue"][];
        };
        /**
         * Facets
         * @description The fields by which what matches can be narrowed.
         */
        Facets: {
            facets: components["schemas"]["Facet"][];
            total: number;
        };
        /**
         * FacetValue
         * @description A value and how many things have it.
         */
        FacetValue: {
            count: number;
            value: string;
        };
        /**
         * Gate
         * @description A limit in the way of a run.
         */
        Gate: {
            holders: components["schemas"]["Holder"][];
            is_open: boolean;
            kind: ("priority" | "paused" | "location" | "start") | components["schemas"]["LimitKind"];
            label: string;
            limit: number;
            limit_id: string | null;
            position: number | null;
            used: number;
            would_open: string;
        };
        /**
         * Graph
         * @description A graph of assets, groups first.
         */
        Graph: {
            by: string;
            edges: components["schemas"]["GraphEdge"][];
            groups: components["schemas"]["GraphGroup"][];
            /** @description Assets of expanded groups only (all of them when focused). */
            nodes: components["schemas"]["GraphNode"][];
            total: number;
            truncated: boolean;
            version: string;
        };
        /**
         * GraphEdge
         * @description A dependency between what is drawn.
         */
        GraphEdge: {
            count: number;
            /** @description An asset key, or a collapsed group as `group:ID`. */
            source: string;
            target: string;
        };
        /**
         * GraphGroup
         * @description A group of assets, drawn as a box.
         */
        GraphGroup: {
            count: number;
            id: string;
            label: string;
            order: number;
            /** @description Layer from the left, and place in the layer. */
            rank: number;
            statuses: {
                [key: string]: number;
            };
        };
        /**
         * GraphNode
         * @description An asset, drawn.
         */
        GraphNode: {
            checks: components["schemas"]["CheckCounts"] | null;
            downstream: number;
            /** @description The group it is drawn in. */
            group: string;
            key: string;
            kinds: string[];
            materialized_at: number | null;
            order: number;
            partitions: components["schemas"]["PartitionCounts"] | null;
            rank: number;
            status: components["schemas"]["AssetStatus"];
            tags: {
                [key: string]: string;
            };
            upstream: number;
        };
        /**
         * Holder
         * @description A run (or step) that holds a slot.
         */
        Holder: {
            job: string | null;
            run_id: string;
            since: number;
            step: string | null;
            value: string | null;
        };
        /**
         * Insights
         * @description Runs by a tag, over time.
         */
        Insights: {
            bucket_size: number;
            /** @description Starts of the buckets. */
            buckets: number[];
            by: string;
            /** @description How many older runs match besides, and are not summed up: only so many are, the newest. */
            omitted: number;
            series: components["schemas"]["InsightSeries"][];
            totals: components["schemas"]["InsightTotals"];
        };
        /**
         * InsightSeries
         * @description A set of runs over time.
         */
        InsightSeries: {
            cost: (number | null)[];
            duration_p50: (number | null)[];
            failed: number[];
            queue_p50: (number | null)[];
            runs: number[];
            totals: components["schemas"]["InsightTotals"];
            value: string | null;
        };
        /**
         * InsightTotals
         * @description What a set of runs comes to.
         */
        InsightTotals: {
            cost: number | null;
            duration_p50: number | null;
            duration_p95: number | null;
            duration_total: number;
            failed: number;
            failure_rate: number | null;
            queue_p50: number | null;
            runs: number;
        };
        /**
         * InstanceConfig
         * @description The configuration of the instance; secrets are masked.
         */
        InstanceConfig: {
            file: string | null;
            home: string;
            queue_paused: boolean;
            settings: components["schemas"]["SettingRow"][];
            store: string;
            text: string;
        };
        /**
         * JobDetail
         * @description A job's page.
         */
        JobDetail: {
            asset_keys: string[];
            assets: number;
            automation: string[];
            /** @description JSON Schema of the run config; `{}` when it takes none. */
            config_schema: {
                [key: string]: unknown;
            };
            default_config: string;
            description: string | null;
            failure_rate: number | null;
            hooks: string[];
            /** @enum {string} */
            kind: "asset" | "op";
            location: string;
            name: string;
            next_at: number | null;
            ops: number;
            p50: number | null;
            partition_dimensions: components["schemas"]["JobDetailPartitionDimension"][];
            /** @description The last 10 runs, oldest first. */
            recent: components["schemas"]["RunSpark"][];
            resources: components["schemas"]["JobDetailResource"][];
            selection: string | null;
            tag_rows: components["schemas"]["TagWithOrigin"][];
            tags: {
                [key: string]: string;
            };
        };
        /**
         * JobDetailPartitionDimension
         * @description One way in which a job is cut.
         */
        JobDetailPartitionDimension: {
            first: string;
            kind: string;
            last: string;
            name: string;
            total: number;
        };
        /**
         * JobDetailResource
         * @description A resource that a job may use.
         */
        JobDetailResource: {
            kind: string;
            name: string;
        };
        /**
         * JobGraph
         * @description The ops of a job, laid out.
         */
        JobGraph: {
            edges: components["schemas"]["JobGraphEdge"][];
            nodes: components["schemas"]["JobGraphNode"][];
        };
        /**
         * JobGraphEdge
         * @description A dependency between ops.
         */
        JobGraphEdge: {
            label: string;
            source: string;
            target: string;
        };
        /**
         * JobGraphNode
         * @description An op, drawn.
         */
        JobGraphNode: {
            asset_keys: string[];
            description: string | null;
            inputs: string[];
            job: string;
            /** @enum {string} */
            kind: "op" | "asset" | "graph";
            location: string;
            name: string;
            order: number;
            outputs: string[];
            p50: number | null;
            pool: string | null;
            rank: number;
            retries: number;
            tags: {
                [key: string]: string;
            };
        };
        /**
         * JobRow
         * @description A job in the list.
         */
        JobRow: {
            assets: number;
            automation: string[];
            description: string | null;
            failure_rate: number | null;
            /** @enum {string} */
            kind: "asset" | "op";
            location: string;
            name: string;
            next_at: number | null;
            ops: number;
            p50: number | null;
            /** @description The last 10 runs, oldest first. */
            recent: components["schemas"]["RunSpark"][];
            tags: {
                [key: string]: string;
            };
        };
        /** Page[JobRow] */
        JobRowPage: {
            items: components["schemas"]["JobRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * LaunchForm
         * @description What a launch of assets can be given: their configuration, and a partition.
         */
        LaunchForm: {
            /** @description JSON schema. */
            config_schema: {
                [key: string]: unknown;
            };
            /** @description YAML text with what must be filled in. */
            default_config: string;
            partition_dimensions: components["schemas"]["JobDetailPartitionDimension"][];
        };
        /**
         * LaunchPreview
         * @description What would come of a launch; nothing is stored.
         */
        LaunchPreview: {
            /** @description What will be written. */
            assets: string[];
            /** @description Seconds until its turn, at the pace of the last hour; null where too little started to say. */
            estimated_wait: number | null;
            faults: components["schemas"]["ConfigFault"][];
            flow_conflicts: components["schemas"]["LaunchPreviewFlowConflict"][];
            gates: components["schemas"]["Gate"][];
            partitions: number;
            /** @description Place in the queue if launched now; null when it would start at once. */
            position: number | null;
            priority: number;
            /** @description What breaks a policy about tags that is enforced: with it, the launch is refused. */
            refused: components["schemas"]["TagFinding"][];
            steps: string[];
            tags: components["schemas"]["TagWithOrigin"][];
            warnings: string[];
        };
        /**
         * LaunchPreviewFlowConflict
         * @description Assets disagree about a tag that flows.
         */
        LaunchPreviewFlowConflict: {
            key: string;
            resolution: string;
            values: string[];
        };
        /**
         * LaunchRequest
         * @description What is to be launched.
         */
        LaunchRequest: {
            /** @default [] */
            assets: string[];
            /**
             * @description YAML or JSON text, as typed.
             * @default
             */
            config: string;
            /**
             * @description A job, or assets by key or query.
             * @default null
             */
            job: string | null;
            /** @default null */
            location: string | null;
            /**
             * @default all
             * @enum {string}
             */
            mode: "all" | "from_failure" | "steps";
            /**
             * @description Which of a range: all, those that were never written or failed, or those that failed.
             * @default all
             * @enum {string}
             */
            only: "all" | "missing" | "failed";
            /** @default [] */
            op_selection: string[];
            /**
             * @description Re-execution of this run.
             * @default null
             */
            parent: string | null;
            /** @default null */
            partition: string | null;
            /** @default null */
            partition_range: components["schemas"]["LaunchRequestPartitionRange"] | null;
            /** @default null */
            q: string | null;
            /**
             * @description Inherited keys to leave out.
             * @default []
             */
            remove_tags: string[];
            /** @default [] */
            steps: string[];
            /** @default {} */
            tags: {
                [key: string]: string;
            };
        };
        /**
         * LaunchRequestPartitionRange
         * @description A range of partitions, both ends included.
         */
        LaunchRequestPartitionRange: {
            first: string;
            last: string;
        };
        /**
         * LaunchResult
         * @description What was launched.
         */
        LaunchResult: {
            backfill_id: string | null;
            run_ids: string[];
        };
        /**
         * LimitChange
         * @description A change of a limit.
         */
        LimitChange: {
            after: number | null;
            at: number;
            author: string;
            before: number | null;
            note: string | null;
        };
        /** Page[LimitChange] */
        LimitChangePage: {
            items: components["schemas"]["LimitChange"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * LimitEdit
         * @description A limit as it should be.
         */
        LimitEdit: {
            /** @default null */
            key: string | null;
            kind: components["schemas"]["LimitKind"];
            limit: number;
            /** @default null */
            note: string | null;
            /** @default [] */
            per: string[];
            /** @default false */
            per_unique_value: boolean;
            /** @default null */
            period: number | null;
            /** @default null */
            value: string | null;
            /** @default null */
            where: string | null;
        };
        /**
         * LimitKind
         * @enum {string}
         */
        LimitKind: "runs" | "tag" | "query" | "pool" | "rate";
        /**
         * LimitRow
         * @description A limit, with what it holds back.
         */
        LimitRow: {
            /** @description For limits per value: each value apart. */
            groups: components["schemas"]["LimitRowGroup"][];
            holders: components["schemas"]["Holder"][];
            id: string;
            key: string | null;
            kind: components["schemas"]["LimitKind"];
            label: string;
            /** @description -1 is unlimited. */
            limit: number;
            note: string | null;
            per: string[];
            per_unique_value: boolean;
            /** @description For `rate`: `limit` per this many seconds. */
            period: number | null;
            /** @enum {string} */
            source: "settings" | "edited" | "default";
            updated_at: number | null;
            updated_by: string | null;
            used: number;
            value: string | null;
            waiters: components["schemas"]["LimitRowWaiter"][];
            waiting: number;
            where: string | null;
        };
        /**
         * LimitRowGroup
         * @description One value of a limit that is split by values.
         */
        LimitRowGroup: {
            used: number;
            value: string;
            waiting: number;
        };
        /** Page[LimitRow] */
        LimitRowPage: {
            items: components["schemas"]["LimitRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * LimitRowWaiter
         * @description A run that waits for a limit.
         */
        LimitRowWaiter: {
            job: string | null;
            position: number;
            priority: number;
            run_id: string;
            since: number;
        };
        /**
         * LocationRow
         * @description A code location.
         */
        LocationRow: {
            assets: number;
            /** @description What the last reload changed. */
            diff: components["schemas"]["LocationRowDiff"];
            error: components["schemas"]["ErrorInfo"] | null;
            jobs: number;
            load_time: number | null;
            loaded_at: number | null;
            name: string;
            origin: string;
            python: string | null;
            schedules: number;
            sensors: number;
            /** @description The host that has the code, where this server has none of its own. */
            served_by: string | null;
            /** @enum {null|string} */
            start_method: "fork" | "spawn" | null;
            /**
             * @description `stale` is a location whose last good definitions serve, `gone` one that no host serves any more.
             * @enum {string}
             */
            status: "loaded" | "loading" | "failed" | "stale" | "gone";
            version: string | null;
            warnings: string[];
        };
        /**
         * LocationRowDiff
         * @description What the last reload changed.
         */
        LocationRowDiff: {
            added: string[];
            changed: string[];
            /** @description Of each that changed, which parts of it did: `tags`, `description`, `cron_schedules`, ... */
            parts: {
                [key: string]: string[];
            };
            removed: string[];
        };
        /** Page[LocationRow] */
        LocationRowPage: {
            items: components["schemas"]["LocationRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * Login
         * @description A token, to be exchanged for a session.
         */
        Login: {
            token: string;
        };
        /**
         * MetadataEntry
         * @description A fact by its name, as value and as text.
         */
        MetadataEntry: {
            kind: components["schemas"]["MetadataKind"];
            name: string;
            text: string;
            value: unknown;
        };
        /**
         * MetadataKind
         * @enum {string}
         */
        MetadataKind: "int" | "float" | "bool" | "text" | "md" | "url" | "path" | "json" | "timestamp" | "table" | "table_schema" | "image" | "asset" | "run";
        /**
         * NearDuplicate
         * @description Words that were probably meant to be one.
         */
        NearDuplicate: {
            key: string | null;
            reason: string;
            /** @enum {string} */
            scope: "key" | "value";
            words: components["schemas"]["NearDuplicateWord"][];
        };
        /** Page[NearDuplicate] */
        NearDuplicatePage: {
            items: components["schemas"]["NearDuplicate"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * NearDuplicateWord
         * @description A word, and how many things use it.
         */
        NearDuplicateWord: {
            count: number;
            word: string;
        };
        /**
         * OpRow
         * @description An op in the list.
         */
        OpRow: {
            description: string | null;
            job: string;
            /** @enum {string} */
            kind: "op" | "asset" | "graph";
            location: string;
            name: string;
            p50: number | null;
            pool: string | null;
            retries: number;
            tags: {
                [key: string]: string;
            };
        };
        /** Page[OpRow] */
        OpRowPage: {
            items: components["schemas"]["OpRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * PartitionBox
         * @description What a box of the map holds: its corners as whole keys, and how many partitions are in each status.
         */
        PartitionBox: {
            counts: components["schemas"]["PartitionCounts"];
            first: string;
            last: string;
        };
        /**
         * PartitionCounts
         * @description How many partitions are in each status.
         */
        PartitionCounts: {
            failed: number;
            materialized: number;
            missing: number;
            running: number;
            total: number;
        };
        /**
         * PartitionMap
         * @description All partitions of an asset as spans: one row per value of the first of two dimensions.
         */
        PartitionMap: {
            counts: components["schemas"]["PartitionCounts"];
            dimensions: components["schemas"]["PartitionMapDimension"][];
            rows: components["schemas"]["PartitionMapRow"][];
        };
        /**
         * PartitionMapDimension
         * @description A dimension of partitions.
         */
        PartitionMapDimension: {
            first: string;
            /** @description All its keys, where there are at most 400. */
            keys: string[];
            last: string;
            name: string;
            total: number;
        };
        /**
         * PartitionMapRow
         * @description The spans of one value of the first dimension.
         */
        PartitionMapRow: {
            key: string | null;
            /**
             * @description Then, how many neighbours are of which status: the letter of it, and the number unless it is 1. The letters are
             *     m(issing), w(ritten), f(ailed), r(unning), s(tale), n(ot asked for).
             */
            lengths: string | null;
            /** @description Empty where there are more than 300. */
            spans: components["schemas"]["PartitionSpan"][];
        };
        /**
         * PartitionRow
         * @description One partition.
         */
        PartitionRow: {
            at: number | null;
            error: string | null;
            key: string;
            run_id: string | null;
            run_tags: {
                [key: string]: string;
            };
            /** @description Why it is stale: `orders has newer data`. */
            stale_causes: string[];
            status: components["schemas"]["PartitionStatus"];
        };
        /** Page[PartitionRow] */
        PartitionRowPage: {
            items: components["schemas"]["PartitionRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * PartitionSpan
         * @description Partitions beside each other that are in the same status.
         */
        PartitionSpan: {
            first: string;
            from: number;
            last: string;
            status: components["schemas"]["PartitionStatus"];
            /** @description Exclusive. */
            to: number;
        };
        /**
         * PartitionStatus
         * @enum {string}
         */
        PartitionStatus: "materialized" | "failed" | "running" | "missing" | "stale";
        /** PriorityRequest */
        PriorityRequest: {
            priority: number;
        };
        /**
         * Problem
         * @description ``application/problem+json`` (RFC 9457) with our members.
         */
        Problem: {
            detail: string;
            /** @description For a query error: `position`, `length`, `expected`, `suggestions`. */
            facts: {
                [key: string]: unknown;
            };
            hint: string | null;
            status: number;
            title: string;
            type: string;
            /** @description `file:line` in the user's code, where known. */
            where: string | null;
        };
        /** ReloadRequest */
        ReloadRequest: {
            name?: string | null;
        };
        /**
         * Role
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /**
         * RunAction
         * @enum {string}
         */
        RunAction: "cancel" | "retry" | "retry_from_failure" | "tag" | "delete" | "prioritise";
        /**
         * RunComparison
         * @description Two runs beside each other. What is alike is left out, but for the steps.
         */
        RunComparison: {
            config: components["schemas"]["RunComparisonConfig"][];
            /** @description The other is the last good run before, and was not named. */
            is_last_good: boolean;
            other: components["schemas"]["RunRow"];
            run: components["schemas"]["RunRow"];
            /** @description Both executed the same steps of the same definitions. */
            same_plan: boolean;
            steps: components["schemas"]["RunComparisonStep"][];
            tags: components["schemas"]["RunComparisonTag"][];
        };
        /**
         * RunComparisonConfig
         * @description A value of the configuration that two runs do not have alike, as JSON.
         */
        RunComparisonConfig: {
            other: string | null;
            /** @description `ops.load.config.limit`. */
            path: string;
            value: string | null;
        };
        /**
         * RunComparisonStep
         * @description A step in two runs; ``None`` stands where a run has no such step.
         */
        RunComparisonStep: {
            attempts: number;
            /** @description How many seconds longer it took in the run than in the other. */
            change: number | null;
            key: string;
            other_attempts: number;
            other_seconds: number | null;
            /** @enum {null|string} */
            other_status: "waiting" | "ready" | "running" | "succeeded" | "failed" | "skipped" | "retrying" | "canceled" | "not_run" | null;
            seconds: number | null;
            /** @enum {null|string} */
            status: "waiting" | "ready" | "running" | "succeeded" | "failed" | "skipped" | "retrying" | "canceled" | "not_run" | null;
        };
        /**
         * RunComparisonTag
         * @description A tag that two runs do not have alike.
         */
        RunComparisonTag: {
            is_system: boolean;
            key: string;
            other: string | null;
            value: string | null;
        };
        /**
         * RunCounts
         * @description Runs by state, for the tabs.
         */
        RunCounts: {
            all: number;
            backfills: number;
            canceled: number;
            failed: number;
            queued: number;
            running: number;
            succeeded: number;
        };
        /**
         * RunDetail
         * @description A run's page.
         */
        RunDetail: {
            actions: components["schemas"]["RunAction"][];
            asset_count: number;
            asset_selection: string[];
            /** @description At most 3 keys; `asset_count` counts all. */
            assets: string[];
            config: string;
            created_at: number;
            duration: number | null;
            ended_at: number | null;
            failure: components["schemas"]["RunRowFailure"] | null;
            /** @description The runs of its root, oldest first, itself included. */
            family: components["schemas"]["RunRow"][];
            first_failure: components["schemas"]["RunDetailFirstFailure"] | null;
            flow_conflicts: components["schemas"]["RunDetailFlowConflict"][];
            id: string;
            job: string | null;
            last_good: components["schemas"]["RunDetailLastGood"] | null;
            location: string;
            op_selection: string[];
            parent: string | null;
            partition: string | null;
            priority: number;
            queued: number | null;
            root: string | null;
            source: components["schemas"]["RunSource"];
            started_at: number | null;
            status: components["schemas"]["RunStatus"];
            step_rows: components["schemas"]["StepRow"][];
            steps: components["schemas"]["StepCounts"];
            /** @description The tag edits after launch, newest first. */
            tag_history: components["schemas"]["RunDetailTagHistory"][];
            tag_rows: components["schemas"]["TagWithOrigin"][];
            tags: {
                [key: string]: string;
            };
            /** @description The trace of OpenTelemetry that it belongs to. */
            trace_id: string | null;
            wait: components["schemas"]["Wait"] | null;
            worker: components["schemas"]["RunDetailWorker"] | null;
        };
        /**
         * RunDetailFirstFailure
         * @description The first thing that failed.
         */
        RunDetailFirstFailure: {
            at: number;
            error: components["schemas"]["ErrorInfo"];
            step: string | null;
        };
        /**
         * RunDetailFlowConflict
         * @description Assets disagreed about a tag that flows.
         */
        RunDetailFlowConflict: {
            key: string;
            resolution: string;
            values: string[];
        };
        /**
         * RunDetailLastGood
         * @description The last good run of the job.
         */
        RunDetailLastGood: {
            duration: number;
            id: string;
        };
        /**
         * RunDetailTagHistory
         * @description An edit of tags after launch.
         */
        RunDetailTagHistory: {
            at: number;
            author: string;
            remove: string[];
            set: {
                [key: string]: string;
            };
        };
        /**
         * RunDetailWorker
         * @description Where a run executes.
         */
        RunDetailWorker: {
            host: string | null;
            image: string | null;
            pid: number | null;
        };
        /**
         * RunEvent
         * @description A line of the log.
         */
        RunEvent: {
            asset: string | null;
            at: number;
            error: components["schemas"]["ErrorInfo"] | null;
            is_late: boolean;
            /** @description Housekeeping (resources, loaded inputs), folded by default. */
            is_noise: boolean;
            kind: string;
            level: components["schemas"]["EventLevel"];
            message: string;
            metadata: components["schemas"]["MetadataEntry"][];
            seq: number;
            step: string | null;
        };
        /**
         * RunEvents
         * @description A part of the log; ``next_cursor`` is always given: read on from it while the run lives.
         *
         *     ``total`` and ``levels`` count what the part went over, the events that the filters left out as well. The sums over
         *     all parts are those of the log.
         */
        RunEvents: {
            at_end: boolean;
            items: components["schemas"]["RunEvent"][];
            levels: {
                [key: string]: number;
            };
            next_cursor: string;
            total: number;
        };
        /**
         * RunOutput
         * @description A part of what a step printed.
         */
        RunOutput: {
            at_end: boolean;
            next_offset: number;
            offset: number;
            size: number;
            step: string | null;
            /** @enum {string} */
            stream: "stdout" | "stderr";
            text: string;
        };
        /**
         * RunRow
         * @description A run in the list.
         */
        RunRow: {
            actions: components["schemas"]["RunAction"][];
            asset_count: number;
            /** @description At most 3 keys; `asset_count` counts all. */
            assets: string[];
            created_at: number;
            duration: number | null;
            ended_at: number | null;
            failure: components["schemas"]["RunRowFailure"] | null;
            id: string;
            job: string | null;
            location: string;
            parent: string | null;
            partition: string | null;
            priority: number;
            queued: number | null;
            root: string | null;
            source: components["schemas"]["RunSource"];
            started_at: number | null;
            status: components["schemas"]["RunStatus"];
            steps: components["schemas"]["StepCounts"];
            tags: {
                [key: string]: string;
            };
            wait: components["schemas"]["Wait"] | null;
        };
        /**
         * RunRowFailure
         * @description Why a run failed.
         */
        RunRowFailure: {
            message: string;
            reason: string;
            step: string | null;
        };
        /** Page[RunRow] */
        RunRowPage: {
            items: components["schemas"]["RunRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * RunSource
         * @description What asked for a run.
         */
        RunSource: {
            /** @enum {string} */
            kind: "manual" | "schedule" | "sensor" | "automation" | "backfill" | "retry" | "cli" | "api";
            name: string | null;
            tick: string | null;
        };
        /**
         * RunSpark
         * @description A run, as small as can be.
         */
        RunSpark: {
            at: number;
            duration: number | null;
            id: string;
            status: components["schemas"]["RunStatus"];
        };
        /**
         * RunStatus
         * @enum {string}
         */
        RunStatus: "NOT_STARTED" | "QUEUED" | "STARTING" | "STARTED" | "SUCCESS" | "FAILURE" | "CANCELING" | "CANCELED";
        /**
         * SavedView
         * @description A saved view: a name and an address.
         */
        SavedView: {
            count: number | null;
            id: string;
            is_built_in: boolean;
            is_pinned: boolean;
            is_shared: boolean;
            name: string;
            owner: string | null;
            /** @description Relative address with its search, e.g. `runs?q=status:failed`. */
            url: string;
        };
        /**
         * SavedViewEdit
         * @description A saved view as it should be.
         */
        SavedViewEdit: {
            /** @default false */
            is_pinned: boolean;
            /** @default false */
            is_shared: boolean;
            name: string;
            url: string;
        };
        /** Page[SavedView] */
        SavedViewPage: {
            items: components["schemas"]["SavedView"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * Scope
         * @enum {string}
         */
        Scope: "assets" | "jobs" | "ops" | "runs" | "automation" | "ticks" | "backfills";
        /**
         * SearchHit
         * @description Something that the palette found.
         */
        SearchHit: {
            count: number | null;
            detail: string | null;
            /** @enum {string} */
            kind: "asset" | "job" | "op" | "run" | "tag" | "group" | "owner" | "automation" | "backfill" | "limit" | "location" | "action";
            label: string;
            url: string;
        };
        /**
         * SearchResult
         * @description What the palette found, best first.
         */
        SearchResult: {
            items: components["schemas"]["SearchHit"][];
        };
        /**
         * Session
         * @description Who is logged in, and to what.
         */
        Session: {
            instance: string;
            /** @description False on loopback, where the author is the user of the operating system. */
            login_required: boolean;
            /** @description Set when the token is narrowed: it may act only on what this query matches. */
            narrowed_to: string | null;
            /** @description The server's clock, so that ages are right on a machine whose own is not. */
            now: number;
            /** @enum {null|string} */
            role: "viewer" | "operator" | "admin" | null;
            user: string | null;
            version: string;
        };
        /** SetRequest */
        SetRequest: {
            /** @default false */
            dry_run: boolean;
            names?: string[] | null;
            q?: string | null;
            running: boolean;
        };
        /**
         * SettingRow
         * @description A setting as it stands.
         */
        SettingRow: {
            default: string | null;
            description: string;
            key: string;
            source: string;
            value: string;
        };
        /**
         * Status
         * @description What the shell shows on every page.
         */
        Status: {
            assets: number;
            daemons_unhealthy: number;
            failed_today: number;
            jobs: number;
            locations_failed: number;
            queue_paused: boolean;
            queued: number;
            running: number;
        };
        /**
         * StepAttempt
         * @description One attempt at a step.
         */
        StepAttempt: {
            ended_at: number | null;
            number: number;
            started_at: number;
            status: components["schemas"]["StepStatus"];
        };
        /**
         * StepCounts
         * @description How many steps of a run are where.
         */
        StepCounts: {
            failed: number;
            running: number;
            skipped: number;
            succeeded: number;
            total: number;
        };
        /**
         * StepRow
         * @description A step of a run.
         */
        StepRow: {
            assets: string[];
            attempts: components["schemas"]["StepAttempt"][];
            depends_on: string[];
            ended_at: number | null;
            error: components["schemas"]["ErrorInfo"] | null;
            has_output: boolean;
            key: string;
            /** @description The step's duration in the last good run of the job. */
            last_good: number | null;
            metadata: components["schemas"]["MetadataEntry"][];
            op: string;
            pool: string | null;
            /** @description When its inputs were there; the time to `started_at` is waiting. */
            ready_at: number | null;
            skipped_because: string | null;
            started_at: number | null;
            status: components["schemas"]["StepStatus"];
            tags: {
                [key: string]: string;
            };
            wait_reason: string | null;
        };
        /**
         * StepStatus
         * @enum {string}
         */
        StepStatus: "waiting" | "ready" | "running" | "succeeded" | "failed" | "skipped" | "retrying" | "canceled" | "not_run";
        /** Page[str] */
        strPage: {
            items: string[];
            next_cursor: string | null;
            total: number;
        };
        /**
         * SystemTag
         * @description A row of the registry of system tags.
         */
        SystemTag: {
            description: string;
            example: string | null;
            is_editable: boolean;
            key: string;
            set_by: string;
        };
        /** Page[SystemTag] */
        SystemTagPage: {
            items: components["schemas"]["SystemTag"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TagEdit
         * @description Tags to set and keys to remove.
         */
        TagEdit: {
            /** @default [] */
            remove: string[];
            /** @default {} */
            set: {
                [key: string]: string;
            };
        };
        /**
         * TagFinding
         * @description Something that breaks what the project declares about a key.
         */
        TagFinding: {
            /**
             * @description Whether launches that it concerns are refused.
             * @enum {string}
             */
            enforce: "warn" | "refuse";
            key: string;
            /** @enum {string} */
            kind: "asset" | "job" | "op" | "run";
            /** @description What to do about it. */
            mend: string;
            message: string;
            /** @description Its name; of a run, its id. */
            name: string;
            /** @enum {string} */
            rule: "required" | "values" | "pattern";
            /** @description The value that it has; `None` where it lacks the tag. */
            value: string | null;
        };
        /** Page[TagFinding] */
        TagFindingPage: {
            items: components["schemas"]["TagFinding"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TagKeyDetail
         * @description A tag key with the limits bound to it and what lacks it.
         */
        TagKeyDetail: {
            assets: number;
            description: string | null;
            /** @description Share of runs of the last 7 days that failed, 0..1; null without finished runs. */
            failure_rate: number | null;
            /** @description 0-11 when a person chose one; null means by hash of the key. */
            hue: number | null;
            is_system: boolean;
            jobs: number;
            key: string;
            limit_rows: components["schemas"]["LimitRow"][];
            limits: number;
            /** @description Keys that differ from this one by case, plural or one letter. */
            near: string[];
            ops: number;
            runs: number;
            /** @description The most frequent values. */
            top_values: string[];
            /** @description Things without the key, with the query that lists them. */
            untagged: components["schemas"]["TagKeyDetailUntagged"][];
            values: number;
        };
        /**
         * TagKeyDetailUntagged
         * @description Things without a key, with the query that lists them.
         */
        TagKeyDetailUntagged: {
            count: number;
            q: string;
            /** @enum {string} */
            scope: "assets" | "jobs" | "ops";
        };
        /**
         * TagKeyEdit
         * @description The colour and the description of a key.
         */
        TagKeyEdit: {
            /** @default null */
            description: string | null;
            /** @default null */
            hue: number | null;
        };
        /**
         * TagKeyRow
         * @description A tag key, with how much carries it.
         */
        TagKeyRow: {
            assets: number;
            description: string | null;
            /** @description Share of runs of the last 7 days that failed, 0..1; null without finished runs. */
            failure_rate: number | null;
            /** @description 0-11 when a person chose one; null means by hash of the key. */
            hue: number | null;
            is_system: boolean;
            jobs: number;
            key: string;
            limits: number;
            /** @description Keys that differ from this one by case, plural or one letter. */
            near: string[];
            ops: number;
            runs: number;
            /** @description The most frequent values. */
            top_values: string[];
            values: number;
        };
        /** Page[TagKeyRow] */
        TagKeyRowPage: {
            items: components["schemas"]["TagKeyRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TagOrigin
         * @enum {string}
         */
        TagOrigin: "graph" | "job" | "asset" | "group" | "project" | "partition" | "schedule" | "sensor" | "automation" | "backfill" | "parent" | "request" | "system" | "edit";
        /**
         * TagSuggestion
         * @description A key or a value that may be meant.
         */
        TagSuggestion: {
            count: number;
            description: string | null;
            is_system: boolean;
            key: string;
            value: string | null;
        };
        /** Page[TagSuggestion] */
        TagSuggestionPage: {
            items: components["schemas"]["TagSuggestion"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TagValueRow
         * @description One value of a tag key, with how much carries it.
         */
        TagValueRow: {
            assets: number;
            failure_rate: number | null;
            jobs: number;
            near: string[];
            ops: number;
            queued: number;
            running: number;
            runs: number;
            value: string;
        };
        /** Page[TagValueRow] */
        TagValueRowPage: {
            items: components["schemas"]["TagValueRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TagWithOrigin
         * @description A tag of a run or a definition, with what set it.
         */
        TagWithOrigin: {
            /** @description A user may set or remove it. */
            is_editable: boolean;
            /** @description Begins with `dagster/`. */
            is_system: boolean;
            key: string;
            origin: components["schemas"]["TagOrigin"];
            /** @description The name of what set it: the job, asset or schedule, the author of an edit. */
            origin_name: string | null;
            /** @description Values it won over, the nearest first. */
            overrides: components["schemas"]["TagWithOriginOverride"][];
            value: string;
            /** @description A rule of good values it breaks, in words. */
            warning: string | null;
        };
        /**
         * TagWithOriginOverride
         * @description A value that another one won over.
         */
        TagWithOriginOverride: {
            origin: components["schemas"]["TagOrigin"];
            origin_name: string | null;
            value: string;
        };
        /**
         * TermCosts
         * @description For an empty result: each term of ``q`` and how many would match without it.
         */
        TermCosts: {
            terms: components["schemas"]["TermCostsTerm"][];
        };
        /**
         * TermCostsTerm
         * @description A term, and how many things would match without it.
         */
        TermCostsTerm: {
            text: string;
            total_without: number;
        };
        /**
         * TickDetail
         * @description An evaluation with its log and what it asked for.
         */
        TickDetail: {
            at: number;
            automation: string;
            cursor: string | null;
            ended_at: number | null;
            error: components["schemas"]["ErrorInfo"] | null;
            id: string;
            kind: components["schemas"]["AutomationKind"];
            logs: components["schemas"]["TickDetailLog"][];
            /** @description What its code printed, the beginning of it. */
            output: string;
            partitions: components["schemas"]["TickDetailPartitions"][];
            /** @description So many of them were refused. */
            refused: number;
            requested: number;
            requests: components["schemas"]["TickDetailRequest"][];
            run_ids: string[];
            skip_reason: string | null;
            status: components["schemas"]["TickStatus"];
        };
        /**
         * TickDetailLog
         * @description A line that an evaluation logged.
         */
        TickDetailLog: {
            at: number;
            level: components["schemas"]["EventLevel"];
            message: string;
        };
        /**
         * TickDetailPartitions
         * @description Keys that an evaluation asked to add to dynamic partitions, or to delete from them.
         */
        TickDetailPartitions: {
            /** @enum {string} */
            action: "add" | "delete";
            definition: string;
            keys: string[];
        };
        /**
         * TickDetailRequest
         * @description A run that an evaluation asked for.
         */
        TickDetailRequest: {
            job: string | null;
            partition: string | null;
            /** @description Why no run was made of it. */
            refused: string | null;
            /** @description Of an evaluation that was only tried; else the run shows it. */
            run_config: {
                [key: string]: unknown;
            };
            run_key: string | null;
            /** @description What the evaluation set; of one that was only tried, all that the run would have. */
            tags: {
                [key: string]: string;
            };
        };
        /** TickPreviewRequest */
        TickPreviewRequest: {
            at?: number | null;
            cursor?: string | null;
            name: string;
        };
        /** TickRequest */
        TickRequest: {
            at?: number | null;
            location?: string | null;
            name: string;
        };
        /**
         * TickRow
         * @description An evaluation in the list.
         */
        TickRow: {
            at: number;
            automation: string;
            cursor: string | null;
            ended_at: number | null;
            error: components["schemas"]["ErrorInfo"] | null;
            id: string;
            kind: components["schemas"]["AutomationKind"];
            /** @description So many of them were refused. */
            refused: number;
            requested: number;
            run_ids: string[];
            skip_reason: string | null;
            status: components["schemas"]["TickStatus"];
        };
        /** Page[TickRow] */
        TickRowPage: {
            items: components["schemas"]["TickRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * TickStatus
         * @enum {string}
         */
        TickStatus: "started" | "succeeded" | "skipped" | "failed";
        /**
         * Timeline
         * @description Runs over time, in rows.
         */
        Timeline: {
            by: string;
            from: number;
            now: number;
            omitted_rows: number;
            rows: components["schemas"]["TimelineRow"][];
            to: number;
        };
        /**
         * TimelineRow
         * @description A row of a time line.
         */
        TimelineRow: {
            failed: number;
            /** @description Ticks to come. */
            future: components["schemas"]["TimelineRowFuture"][];
            /** @description Runs beyond the 200 newest that are sent. */
            omitted: number;
            runs: components["schemas"]["TimelineRun"][];
            total: number;
            /** @description The job, the automation or the tag's value; null for things without it. */
            value: string | null;
        };
        /**
         * TimelineRowFuture
         * @description A tick to come.
         */
        TimelineRowFuture: {
            at: number;
            name: string;
        };
        /**
         * TimelineRun
         * @description A run on a time line.
         */
        TimelineRun: {
            /** @description Null while it goes on. */
            end: number | null;
            id: string;
            job: string | null;
            start: number;
            status: components["schemas"]["RunStatus"];
        };
        /**
         * TokenMade
         * @description A new token, with its text, which is not told again.
         */
        TokenMade: {
            created_at: number;
            expires_at: number | null;
            id: string;
            narrowed_to: string | null;
            /** @description The author of what is done with it. */
            owner: string;
            role: components["schemas"]["Role"];
            token: string;
        };
        /**
         * TokenRequest
         * @description A token that is asked for.
         */
        TokenRequest: {
            /**
             * @description For how long it holds; for ever if `None`.
             * @default null
             */
            days: number | null;
            /** @default null */
            narrowed_to: string | null;
            owner: string;
            /** @default operator */
            role: components["schemas"]["Role"];
        };
        /**
         * TokenRow
         * @description A token, without its secret.
         */
        TokenRow: {
            created_at: number;
            expires_at: number | null;
            id: string;
            narrowed_to: string | null;
            /** @description The author of what is done with it. */
            owner: string;
            role: components["schemas"]["Role"];
        };
        /** Page[TokenRow] */
        TokenRowPage: {
            items: components["schemas"]["TokenRow"][];
            next_cursor: string | null;
            total: number;
        };
        /**
         * UntaggedReport
         * @description How much carries no tag, by key and at all.
         */
        UntaggedReport: {
            keys: components["schemas"]["UntaggedReportKey"][];
            without_any: components["schemas"]["UntaggedReportWithoutAny"];
        };
        /**
         * UntaggedReportKey
         * @description How much lacks one key.
         */
        UntaggedReportKey: {
            asset_share: number;
            assets: number;
            jobs: number;
            key: string;
        };
        /**
         * UntaggedReportWithoutAny
         * @description How much has no tag of people's own.
         */
        UntaggedReportWithoutAny: {
            assets: number;
            jobs: number;
        };
        /**
         * Wait
         * @description The one gate that binds first; ``Explanation`` has all of them.
         */
        Wait: {
            holder: string | null;
            label: string;
            limit: number;
            limit_id: string | null;
            /** @description Counted from 1. */
            position: number;
            sentence: string;
            used: number;
        };
        /** WipeRequest */
        WipeRequest: {
            keys: string[];
            partitions?: string[] | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AssetAutomation = components['schemas']['AssetAutomation'];
export type AssetAutomationEvaluation = components['schemas']['AssetAutomationEvaluation'];
export type AssetDetail = components['schemas']['AssetDetail'];
export type AssetDetailFailure = components['schemas']['AssetDetailFailure'];
export type AssetDetailFreshness = components['schemas']['AssetDetailFreshness'];
export type AssetDetailPartitionDimension = components['schemas']['AssetDetailPartitionDimension'];
export type AssetDetailStaleCause = components['schemas']['AssetDetailStaleCause'];
export type AssetDetailTrend = components['schemas']['AssetDetailTrend'];
export type AssetEvent = components['schemas']['AssetEvent'];
export type AssetEventPage = components['schemas']['AssetEventPage'];
export type AssetRow = components['schemas']['AssetRow'];
export type AssetRowPage = components['schemas']['AssetRowPage'];
export type AssetStatus = components['schemas']['AssetStatus'];
export type AssetTreeRow = components['schemas']['AssetTreeRow'];
export type AssetTreeRowPage = components['schemas']['AssetTreeRowPage'];
export type AuditRow = components['schemas']['AuditRow'];
export type AuditRowPage = components['schemas']['AuditRowPage'];
export type AutomationDetail = components['schemas']['AutomationDetail'];
export type AutomationKind = components['schemas']['AutomationKind'];
export type AutomationRow = components['schemas']['AutomationRow'];
export type AutomationRowPage = components['schemas']['AutomationRowPage'];
export type AutomationRowRecent = components['schemas']['AutomationRowRecent'];
export type BackfillDetail = components['schemas']['BackfillDetail'];
export type BackfillDetailStrip = components['schemas']['BackfillDetailStrip'];
export type BackfillEdit = components['schemas']['BackfillEdit'];
export type BackfillRequest = components['schemas']['BackfillRequest'];
export type BackfillRequestRange = components['schemas']['BackfillRequestRange'];
export type BackfillRow = components['schemas']['BackfillRow'];
export type BackfillRowPage = components['schemas']['BackfillRowPage'];
export type BackfillStatus = components['schemas']['BackfillStatus'];
export type BulkResult = components['schemas']['BulkResult'];
export type BulkResultFailed = components['schemas']['BulkResultFailed'];
export type BulkRuns = components['schemas']['BulkRuns'];
export type CancelRequest = components['schemas']['CancelRequest'];
export type Change = components['schemas']['Change'];
export type Changes = components['schemas']['Changes'];
export type CheckCounts = components['schemas']['CheckCounts'];
export type CheckRow = components['schemas']['CheckRow'];
export type CheckRowHistory = components['schemas']['CheckRowHistory'];
export type CheckRowPage = components['schemas']['CheckRowPage'];
export type Completion = components['schemas']['Completion'];
export type Completions = components['schemas']['Completions'];
export type ConditionNode = components['schemas']['ConditionNode'];
export type ConfigFault = components['schemas']['ConfigFault'];
export type CostPeriod = components['schemas']['CostPeriod'];
export type CostReport = components['schemas']['CostReport'];
export type CostRow = components['schemas']['CostRow'];
export type CursorRequest = components['schemas']['CursorRequest'];
export type DaemonRow = components['schemas']['DaemonRow'];
export type DaemonRowPage = components['schemas']['DaemonRowPage'];
export type DynamicPartitionsEdit = components['schemas']['DynamicPartitionsEdit'];
export type ErrorInfo = components['schemas']['ErrorInfo'];
export type ErrorInfoCause = components['schemas']['ErrorInfoCause'];
export type ErrorInfoSource = components['schemas']['ErrorInfoSource'];
export type EventLevel = components['schemas']['EventLevel'];
export type Explanation = components['schemas']['Explanation'];
export type ExplanationAhead = components['schemas']['ExplanationAhead'];
export type Facet = components['schemas']['Facet'];
export type Facets = components['schemas']['Facets'];
export type FacetValue = components['schemas']['FacetValue'];
export type Gate = components['schemas']['Gate'];
export type Graph = components['schemas']['Graph'];
export type GraphEdge = components['schemas']['GraphEdge'];
export type GraphGroup = components['schemas']['GraphGroup'];
export type GraphNode = components['schemas']['GraphNode'];
export type Holder = components['schemas']['Holder'];
export type Insights = components['schemas']['Insights'];
export type InsightSeries = components['schemas']['InsightSeries'];
export type InsightTotals = components['schemas']['InsightTotals'];
export type InstanceConfig = components['schemas']['InstanceConfig'];
export type JobDetail = components['schemas']['JobDetail'];
export type JobDetailPartitionDimension = components['schemas']['JobDetailPartitionDimension'];
export type JobDetailResource = components['schemas']['JobDetailResource'];
export type JobGraph = components['schemas']['JobGraph'];
export type JobGraphEdge = components['schemas']['JobGraphEdge'];
export type JobGraphNode = components['schemas']['JobGraphNode'];
export type JobRow = components['schemas']['JobRow'];
export type JobRowPage = components['schemas']['JobRowPage'];
export type LaunchForm = components['schemas']['LaunchForm'];
export type LaunchPreview = components['schemas']['LaunchPreview'];
export type LaunchPreviewFlowConflict = components['schemas']['LaunchPreviewFlowConflict'];
export type LaunchRequest = components['schemas']['LaunchRequest'];
export type LaunchRequestPartitionRange = components['schemas']['LaunchRequestPartitionRange'];
export type LaunchResult = components['schemas']['LaunchResult'];
export type LimitChange = components['schemas']['LimitChange'];
export type LimitChangePage = components['schemas']['LimitChangePage'];
export type LimitEdit = components['schemas']['LimitEdit'];
export type LimitKind = components['schemas']['LimitKind'];
export type LimitRow = components['schemas']['LimitRow'];
export type LimitRowGroup = components['schemas']['LimitRowGroup'];
export type LimitRowPage = components['schemas']['LimitRowPage'];
export type LimitRowWaiter = components['schemas']['LimitRowWaiter'];
export type LocationRow = components['schemas']['LocationRow'];
export type LocationRowDiff = components['schemas']['LocationRowDiff'];
export type LocationRowPage = components['schemas']['LocationRowPage'];
export type Login = components['schemas']['Login'];
export type MetadataEntry = components['schemas']['MetadataEntry'];
export type MetadataKind = components['schemas']['MetadataKind'];
export type NearDuplicate = components['schemas']['NearDuplicate'];
export type NearDuplicatePage = components['schemas']['NearDuplicatePage'];
export type NearDuplicateWord = components['schemas']['NearDuplicateWord'];
export type OpRow = components['schemas']['OpRow'];
export type OpRowPage = components['schemas']['OpRowPage'];
export type PartitionBox = components['schemas']['PartitionBox'];
export type PartitionCounts = components['schemas']['PartitionCounts'];
export type PartitionMap = components['schemas']['PartitionMap'];
export type PartitionMapDimension = components['schemas']['PartitionMapDimension'];
export type PartitionMapRow = components['schemas']['PartitionMapRow'];
export type PartitionRow = components['schemas']['PartitionRow'];
export type PartitionRowPage = components['schemas']['PartitionRowPage'];
export type PartitionSpan = components['schemas']['PartitionSpan'];
export type PartitionStatus = components['schemas']['PartitionStatus'];
export type PriorityRequest = components['schemas']['PriorityRequest'];
export type Problem = components['schemas']['Problem'];
export type ReloadRequest = components['schemas']['ReloadRequest'];
export type Role = components['schemas']['Role'];
export type RunAction = components['schemas']['RunAction'];
export type RunComparison = components['schemas']['RunComparison'];
export type RunComparisonConfig = components['schemas']['RunComparisonConfig'];
export type RunComparisonStep = components['schemas']['RunComparisonStep'];
export type RunComparisonTag = components['schemas']['RunComparisonTag'];
export type RunCounts = components['schemas']['RunCounts'];
export type RunDetail = components['schemas']['RunDetail'];
export type RunDetailFirstFailure = components['schemas']['RunDetailFirstFailure'];
export type RunDetailFlowConflict = components['schemas']['RunDetailFlowConflict'];
export type RunDetailLastGood = components['schemas']['RunDetailLastGood'];
export type RunDetailTagHistory = components['schemas']['RunDetailTagHistory'];
export type RunDetailWorker = components['schemas']['RunDetailWorker'];
export type RunEvent = components['schemas']['RunEvent'];
export type RunEvents = components['schemas']['RunEvents'];
export type RunOutput = components['schemas']['RunOutput'];
export type RunRow = components['schemas']['RunRow'];
export type RunRowFailure = components['schemas']['RunRowFailure'];
export type RunRowPage = components['schemas']['RunRowPage'];
export type RunSource = components['schemas']['RunSource'];
export type RunSpark = components['schemas']['RunSpark'];
export type RunStatus = components['schemas']['RunStatus'];
export type SavedView = components['schemas']['SavedView'];
export type SavedViewEdit = components['schemas']['SavedViewEdit'];
export type SavedViewPage = components['schemas']['SavedViewPage'];
export type Scope = components['schemas']['Scope'];
export type SearchHit = components['schemas']['SearchHit'];
export type SearchResult = components['schemas']['SearchResult'];
export type Session = components['schemas']['Session'];
export type SetRequest = components['schemas']['SetRequest'];
export type SettingRow = components['schemas']['SettingRow'];
export type Status = components['schemas']['Status'];
export type StepAttempt = components['schemas']['StepAttempt'];
export type StepCounts = components['schemas']['StepCounts'];
export type StepRow = components['schemas']['StepRow'];
export type StepStatus = components['schemas']['StepStatus'];
export type StrPage = components['schemas']['strPage'];
export type SystemTag = components['schemas']['SystemTag'];
export type SystemTagPage = components['schemas']['SystemTagPage'];
export type TagEdit = components['schemas']['TagEdit'];
export type TagFinding = components['schemas']['TagFinding'];
export type TagFindingPage = components['schemas']['TagFindingPage'];
export type TagKeyDetail = components['schemas']['TagKeyDetail'];
export type TagKeyDetailUntagged = components['schemas']['TagKeyDetailUntagged'];
export type TagKeyEdit = components['schemas']['TagKeyEdit'];
export type TagKeyRow = components['schemas']['TagKeyRow'];
export type TagKeyRowPage = components['schemas']['TagKeyRowPage'];
export type TagOrigin = components['schemas']['TagOrigin'];
export type TagSuggestion = components['schemas']['TagSuggestion'];
export type TagSuggestionPage = components['schemas']['TagSuggestionPage'];
export type TagValueRow = components['schemas']['TagValueRow'];
export type TagValueRowPage = components['schemas']['TagValueRowPage'];
export type TagWithOrigin = components['schemas']['TagWithOrigin'];
export type TagWithOriginOverride = components['schemas']['TagWithOriginOverride'];
export type TermCosts = components['schemas']['TermCosts'];
export type TermCostsTerm = components['schemas']['TermCostsTerm'];
export type TickDetail = components['schemas']['TickDetail'];
export type TickDetailLog = components['schemas']['TickDetailLog'];
export type TickDetailPartitions = components['schemas']['TickDetailPartitions'];
export type TickDetailRequest = components['schemas']['TickDetailRequest'];
export type TickPreviewRequest = components['schemas']['TickPreviewRequest'];
export type TickRequest = components['schemas']['TickRequest'];
export type TickRow = components['schemas']['TickRow'];
export type TickRowPage = components['schemas']['TickRowPage'];
export type TickStatus = components['schemas']['TickStatus'];
export type Timeline = components['schemas']['Timeline'];
export type TimelineRow = components['schemas']['TimelineRow'];
export type TimelineRowFuture = components['schemas']['TimelineRowFuture'];
export type TimelineRun = components['schemas']['TimelineRun'];
export type TokenMade = components['schemas']['TokenMade'];
export type TokenRequest = components['schemas']['TokenRequest'];
export type TokenRow = components['schemas']['TokenRow'];
export type TokenRowPage = components['schemas']['TokenRowPage'];
export type UntaggedReport = components['schemas']['UntaggedReport'];
export type UntaggedReportKey = components['schemas']['UntaggedReportKey'];
export type UntaggedReportWithoutAny = components['schemas']['UntaggedReportWithoutAny'];
export type Wait = components['schemas']['Wait'];
export type WipeRequest = components['schemas']['WipeRequest'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

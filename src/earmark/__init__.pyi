"""What type checkers read instead of the lazy table of ``__init__.py``; a test holds the two together."""

from earmark.components.asset_attributes import (
    AssetAttributesModel,
    ResolvedAssetCheckSpec,
    ResolvedAssetKey,
    ResolvedAssetSpec,
)
from earmark.components.component import Component
from earmark.components.definitions_component import DefinitionsComponent
from earmark.components.folder import DefsFolderComponent
from earmark.components.forms import ComponentFormConfig, ComponentTypeSpec
from earmark.components.function_component import FunctionComponent
from earmark.components.load_context import ComponentLoadContext
from earmark.components.loadable import component_instance, template_var
from earmark.components.loading import (
    build_component_defs,
    build_defs_for_component,
    component_defs,
    get_all_components_defs_within_project,
    get_component_defs_within_project,
    load_defs,
    load_from_defs_folder,
)
from earmark.components.model import Model
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolvable import Resolvable
from earmark.components.resolver import Injected, Resolver
from earmark.components.scaffolding import Scaffolder, ScaffoldRequest, scaffold_component, scaffold_with
from earmark.components.script_components import PythonScriptComponent, UvRunComponent
from earmark.components.sql_components import SqlComponent, TemplatedSqlComponent
from earmark.components.state_backed import StateBackedComponent
from earmark.components.state_storage import UPathDefsStateStorage
from earmark.components.tree import ComponentTree
from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import AssetChecksDefinition, asset_check, multi_asset_check
from earmark.define.assets.asset_job import define_asset_job
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.assets.asset_value_loader import AssetValueLoader
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.code_references import (
    AnchorBasedFilePathMapping,
    FilePathMapping,
    link_code_references_to_git,
    with_source_code_references,
)
from earmark.define.assets.data_versions import DataVersionsByPartition
from earmark.define.assets.graph_asset import graph_asset, graph_multi_asset
from earmark.define.assets.load_assets import (
    load_asset_checks_from_current_module,
    load_asset_checks_from_modules,
    load_asset_checks_from_package_module,
    load_asset_checks_from_package_name,
    load_assets_from_current_module,
    load_assets_from_modules,
    load_assets_from_package_module,
    load_assets_from_package_name,
)
from earmark.define.assets.map_asset_specs import map_asset_specs
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.assets.observable_source_asset import multi_observable_source_asset, observable_source_asset
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.automation.asset_sensor import AssetSensorDefinition, asset_sensor
from earmark.define.automation.automation_context import AutomationContext, AutomationResult
from earmark.define.automation.automation_sensor import AutomationConditionSensorDefinition
from earmark.define.automation.email_sensor import make_email_on_run_failure_sensor
from earmark.define.automation.job_selectors import CodeLocationSelector, JobSelector, RepositorySelector
from earmark.define.automation.multi_asset_context import (
    MultiAssetSensorEvaluationContext,
    build_multi_asset_sensor_context,
)
from earmark.define.automation.multi_asset_sensor import MultiAssetSensorDefinition, multi_asset_sensor
from earmark.define.automation.partitioned_schedule import build_schedule_from_partitioned_job
from earmark.define.automation.run_query_sensor import TagQuerySensorDefinition, tag_query_sensor
from earmark.define.automation.run_status_context import (
    RunFailureSensorContext,
    RunStatusSensorContext,
    build_run_status_sensor_context,
)
from earmark.define.automation.run_status_sensor import RunStatusSensorDefinition, run_failure_sensor, run_status_sensor
from earmark.define.automation.schedule import (
    DefaultScheduleStatus,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    build_schedule_context,
    schedule,
)
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition, sensor
from earmark.define.automation.sensor_context import SensorEvaluationContext, build_sensor_context
from earmark.define.automation.sensor_result import SensorResult, SensorReturnTypesUnion
from earmark.define.checks.freshness_checks import (
    build_last_update_freshness_checks,
    build_time_partition_freshness_checks,
)
from earmark.define.checks.freshness_sensor import build_sensor_for_freshness_checks
from earmark.define.checks.materialization_checks import build_column_schema_change_checks, build_metadata_bounds_checks
from earmark.define.config.config import Config, PermissiveConfig
from earmark.define.config.config_files import config_from_files, config_from_pkg_resources, config_from_yaml_strings
from earmark.define.config.config_mapping import ConfigMapping, config_mapping, configured
from earmark.define.config.env import EnvVar
from earmark.define.config.run_config import RunConfig
from earmark.define.config.schema import (
    Array,
    BoolSource,
    ConfigSchema,
    Enum,
    EnumValue,
    Field,
    IntSource,
    Map,
    Noneable,
    Permissive,
    ScalarUnion,
    Selector,
    Shape,
    StringSource,
)
from earmark.define.definitions import Definitions
from earmark.define.file_relative_path import file_relative_path
from earmark.define.libraries import DagsterLibraryRegistry
from earmark.define.load_definitions import (
    definitions,
    load_definitions_from_current_module,
    load_definitions_from_module,
    load_definitions_from_modules,
    load_definitions_from_package_module,
    load_definitions_from_package_name,
)
from earmark.define.ops.composition import PendingNodeInvocation
from earmark.define.ops.dependency import (
    DependencyDefinition,
    InputMapping,
    MultiDependencyDefinition,
    NodeInvocation,
    OutputMapping,
)
from earmark.define.ops.executor import (
    ExecutorDefinition,
    ExecutorRequirement,
    executor,
    in_process_executor,
    multi_or_in_process_executor,
    multiple_process_executor_requirements,
    multiprocess_executor,
)
from earmark.define.ops.graph import GraphDefinition, graph
from earmark.define.ops.hooks import (
    HookContext,
    HookDefinition,
    HookExecutionResult,
    build_hook_context,
    failure_hook,
    success_hook,
)
from earmark.define.ops.job import JobDefinition
from earmark.define.ops.job_decorator import job
from earmark.define.ops.loggers import (
    InitLoggerContext,
    JsonLogFormatter,
    LoggerDefinition,
    build_init_logger_context,
    colored_console_logger,
    default_loggers,
    default_system_loggers,
    get_dagster_logger,
    json_console_logger,
    logger,
)
from earmark.define.ops.op import OpDefinition, op
from earmark.define.ops.outputs import (
    AssetCheckResult,
    DataVersion,
    DynamicOutput,
    ExpectationResult,
    Failure,
    MaterializeResult,
    ObserveResult,
    Output,
    RetryRequested,
)
from earmark.define.ops.slots import DynamicOut, GraphIn, GraphOut, In, Out
from earmark.define.partitioned_config import (
    PartitionedConfig,
    daily_partitioned_config,
    dynamic_partitioned_config,
    hourly_partitioned_config,
    monthly_partitioned_config,
    partitioned_config,
    static_partitioned_config,
    weekly_partitioned_config,
)
from earmark.define.repository import (
    RepositoryData,
    RepositoryDefinition,
    create_repository_using_definitions_args,
    repository,
)
from earmark.define.resources.configurable_io import (
    ConfigurableIOManager,
    ConfigurableIOManagerFactory,
    ConfigurableLegacyIOManagerAdapter,
)
from earmark.define.resources.configurable_resource import ConfigurableResource, ResourceDependency
from earmark.define.resources.io import InputManager, IOManager
from earmark.define.resources.io_definition import (
    InputManagerDefinition,
    IOManagerDefinition,
    input_manager,
    io_manager,
)
from earmark.define.resources.resource_context import IAttachDifferentObjectToOpContext, InitResourceContext
from earmark.define.resources.resource_definition import ResourceDefinition, make_values_resource, resource
from earmark.define.resources.resource_param import ResourceParam
from earmark.define.resources.resources import build_init_resource_context, build_resources
from earmark.define.run_request import RunRequest, SkipReason
from earmark.define.types.dagster_type import (
    Bool,
    DagsterType,
    Float,
    Int,
    Nothing,
    PythonObjectDagsterType,
    String,
    TypeCheck,
    TypeCheckContext,
)
from earmark.define.types.type_loader import DagsterTypeLoader, DagsterTypeLoaderContext, dagster_type_loader
from earmark.define.types.types import (
    Any,
    Dict,
    List,
    Optional,
    Set,
    Tuple,
    TypingAny,
    TypingTuple,
    check_dagster_type,
    make_python_type_usable_as_dagster_type,
    usable_as_dagster_type,
)
from earmark.define.with_resources import BindResourcesToJobs, with_resources
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.execute.automation import EvaluateAutomationConditionsResult, evaluate_automation_conditions
from earmark.execute.contexts.build import build_asset_check_context, build_asset_context, build_op_context
from earmark.execute.contexts.execution import AssetCheckExecutionContext, AssetExecutionContext, OpExecutionContext
from earmark.execute.custom_path import custom_path_fs_io_manager
from earmark.execute.dagster_event import DagsterEvent, DagsterEventType, EventLogEntry
from earmark.execute.event_records import EventRecordsFilter, RunShardedEventsCursor
from earmark.execute.execute_job import (
    JobExecutionResult,
    ReexecutionOptions,
    build_reconstructable_job,
    execute_job,
    reconstructable,
)
from earmark.execute.file_manager import FileHandle, LocalFileHandle, local_file_manager
from earmark.execute.filesystem_io_manager import FilesystemIOManager
from earmark.execute.in_process import materialize, materialize_to_memory
from earmark.execute.init_executor import InitExecutorContext
from earmark.execute.instance import DagsterInstance, instance_for_test
from earmark.execute.interrupts import raise_execution_interrupts
from earmark.execute.io_contexts.build import build_input_context, build_output_context
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.io_managers import InMemoryIOManager, UPathIOManager, fs_io_manager, mem_io_manager
from earmark.execute.log import DagsterLogManager
from earmark.execute.migrate_io import MigrateIOStorageResult, migrate_io_storage
from earmark.execute.pipes.blob_reader import PipesBlobStoreMessageReader, PipesCompositeMessageReader
from earmark.execute.pipes.client import PipesClient, PipesClientCompletedInvocation
from earmark.execute.pipes.file_reader import PipesFileMessageReader, PipesTempFileMessageReader
from earmark.execute.pipes.handler import PipesMessageHandler, PipesMessageReader
from earmark.execute.pipes.injectors import (
    PipesEnvContextInjector,
    PipesFileContextInjector,
    PipesTempFileContextInjector,
)
from earmark.execute.pipes.ports import PipesContextInjector, PipesLogReader
from earmark.execute.pipes.session import PipesSession, open_pipes_session
from earmark.execute.pipes.subprocess_client import PipesSubprocessClient
from earmark.execute.pipes.wire import PipesExecutionResult, PipesLaunchedData
from earmark.execute.queueing import submit_run
from earmark.execute.records import (
    AssetRecordsFilter,
    DataProvenance,
    EventLogRecord,
    EventRecordsResult,
    RunRecord,
    RunsFilter,
    RunStatusChangeRecordsFilter,
)
from earmark.execute.results import ExecuteInProcessResult
from earmark.execute.run_config import validate_run_config
from earmark.execute.serialized import deserialize_value, serialize_value
from earmark.partitions.definition import (
    AssetPartitionStatus,
    Partition,
    PartitionKeyRange,
    PartitionsDefinition,
    TimeWindow,
)
from earmark.partitions.dynamic import (
    AddDynamicPartitionsRequest,
    DeleteDynamicPartitionsRequest,
    DynamicPartitionsDefinition,
)
from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.loading import partition_loading_context
from earmark.partitions.mapping import (
    AllPartitionMapping,
    IdentityPartitionMapping,
    LastPartitionMapping,
    PartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
)
from earmark.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from earmark.partitions.multi_mapping import (
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
)
from earmark.partitions.paginated import PaginatedResults
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.runs.run import DagsterRun
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.auto_materialize import (
    AutoMaterializeAssetPartitionsFilter,
    AutoMaterializePolicy,
    AutoMaterializeRule,
)
from earmark.specs.automation import AutomationCondition
from earmark.specs.check import AssetCheckSpec
from earmark.specs.freshness import FreshnessPolicy, apply_freshness_policy
from earmark.specs.metadata.entry import MetadataEntry
from earmark.specs.metadata.table import (
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableConstraints,
    TableRecord,
    TableSchema,
)
from earmark.specs.metadata.values import (
    BoolMetadataValue,
    CodeReferencesMetadataValue,
    DagsterAssetMetadataValue,
    DagsterJobMetadataValue,
    DagsterRunMetadataValue,
    FloatMetadataValue,
    IntMetadataValue,
    JsonMetadataValue,
    LocalFileCodeReference,
    MarkdownMetadataValue,
    MetadataValue,
    NotebookMetadataValue,
    NullMetadataValue,
    PathMetadataValue,
    PoolMetadataValue,
    PythonArtifactMetadataValue,
    TableColumnLineageMetadataValue,
    TableMetadataValue,
    TableSchemaMetadataValue,
    TextMetadataValue,
    TimestampMetadataValue,
    UrlCodeReference,
    UrlMetadataValue,
)
from earmark.specs.policy import BackfillPolicy, Backoff, Jitter, RetryPolicy
from earmark.specs.severity import AssetCheckSeverity
from earmark.tags.flow import TagFlow
from earmark.tags.policy import TagPolicy
from earmark.tags.system import MAX_RUNTIME_SECONDS_TAG, SystemTagWarning
from earmark.values.errors import (
    DagsterAssetCheckFailedError,
    DagsterCodeLocationLoadError,
    DagsterConfigMappingFunctionError,
    DagsterError,
    DagsterEventLogInvalidForRun,
    DagsterExecutionInterruptedError,
    DagsterExecutionStepExecutionError,
    DagsterExecutionStepNotFoundError,
    DagsterInvalidConfigDefinitionError,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvalidMetadata,
    DagsterInvalidSubsetError,
    DagsterInvariantViolationError,
    DagsterMaxRetriesExceededError,
    DagsterPipesExecutionError,
    DagsterResourceFunctionError,
    DagsterRunNotFoundError,
    DagsterStepOutputNotFoundError,
    DagsterSubprocessError,
    DagsterTypeCheckDidNotPass,
    DagsterTypeCheckError,
    DagsterUnknownPartitionError,
    DagsterUnknownResourceError,
    DagsterUnmetExecutorRequirementsError,
    DagsterUserCodeExecutionError,
    InvalidTagError,
    LeaseLostError,
    QueryError,
    ScheduleExecutionError,
    SettingsError,
    StoreError,
    TagPolicyError,
)
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey, AssetOrCheckKey
from earmark.values.notices import (
    BetaWarning,
    ConfigArgumentWarning,
    PreviewWarning,
    SupersessionWarning,
    deprecation_warning,
)
from earmark.values.states import DagsterRunStatus

__version__: str
_EXPORTS: dict[str, str]

__all__ = [
    "MAX_RUNTIME_SECONDS_TAG",
    "AddDynamicPartitionsRequest",
    "AllPartitionMapping",
    "AnchorBasedFilePathMapping",
    "Any",
    "Array",
    "AssetAttributesModel",
    "AssetCheckEvaluation",
    "AssetCheckExecutionContext",
    "AssetCheckKey",
    "AssetCheckResult",
    "AssetCheckSeverity",
    "AssetCheckSpec",
    "AssetChecksDefinition",
    "AssetDep",
    "AssetExecutionContext",
    "AssetIn",
    "AssetJobKey",
    "AssetKey",
    "AssetMaterialization",
    "AssetObservation",
    "AssetOrCheckKey",
    "AssetOut",
    "AssetPartitionStatus",
    "AssetRecordsFilter",
    "AssetSelection",
    "AssetSensorDefinition",
    "AssetSpec",
    "AssetValueLoader",
    "AssetsDefinition",
    "AutoMaterializeAssetPartitionsFilter",
    "AutoMaterializePolicy",
    "AutoMaterializeRule",
    "AutomationCondition",
    "AutomationConditionSensorDefinition",
    "AutomationContext",
    "AutomationResult",
    "BackfillPolicy",
    "Backoff",
    "BetaWarning",
    "BindResourcesToJobs",
    "Bool",
    "BoolMetadataValue",
    "BoolSource",
    "CodeLocationSelector",
    "CodeReferencesMetadataValue",
    "Component",
    "ComponentFormConfig",
    "ComponentLoadContext",
    "ComponentTree",
    "ComponentTypeSpec",
    "Config",
    "ConfigArgumentWarning",
    "ConfigMapping",
    "ConfigSchema",
    "ConfigurableIOManager",
    "ConfigurableIOManagerFactory",
    "ConfigurableLegacyIOManagerAdapter",
    "ConfigurableResource",
    "DagsterAssetCheckFailedError",
    "DagsterAssetMetadataValue",
    "DagsterCodeLocationLoadError",
    "DagsterConfigMappingFunctionError",
    "DagsterError",
    "DagsterEvent",
    "DagsterEventLogInvalidForRun",
    "DagsterEventType",
    "DagsterExecutionInterruptedError",
    "DagsterExecutionStepExecutionError",
    "DagsterExecutionStepNotFoundError",
    "DagsterInstance",
    "DagsterInvalidConfigDefinitionError",
    "DagsterInvalidConfigError",
    "DagsterInvalidDefinitionError",
    "DagsterInvalidInvocationError",
    "DagsterInvalidMetadata",
    "DagsterInvalidSubsetError",
    "DagsterInvariantViolationError",
    "DagsterJobMetadataValue",
    "DagsterLibraryRegistry",
    "DagsterLogManager",
    "DagsterMaxRetriesExceededError",
    "DagsterPipesExecutionError",
    "DagsterResourceFunctionError",
    "DagsterRun",
    "DagsterRunMetadataValue",
    "DagsterRunNotFoundError",
    "DagsterRunStatus",
    "DagsterStepOutputNotFoundError",
    "DagsterSubprocessError",
    "DagsterType",
    "DagsterTypeCheckDidNotPass",
    "DagsterTypeCheckError",
    "DagsterTypeLoader",
    "DagsterTypeLoaderContext",
    "DagsterUnknownPartitionError",
    "DagsterUnknownResourceError",
    "DagsterUnmetExecutorRequirementsError",
    "DagsterUserCodeExecutionError",
    "DailyPartitionsDefinition",
    "DataProvenance",
    "DataVersion",
    "DataVersionsByPartition",
    "DefaultScheduleStatus",
    "DefaultSensorStatus",
    "Definitions",
    "DefinitionsComponent",
    "DefsFolderComponent",
    "DeleteDynamicPartitionsRequest",
    "DependencyDefinition",
    "Dict",
    "DimensionPartitionMapping",
    "DynamicOut",
    "DynamicOutput",
    "DynamicPartitionsDefinition",
    "Enum",
    "EnumValue",
    "EnvVar",
    "EvaluateAutomationConditionsResult",
    "EventLogEntry",
    "EventLogRecord",
    "EventRecordsFilter",
    "EventRecordsResult",
    "ExecuteInProcessResult",
    "ExecutorDefinition",
    "ExecutorRequirement",
    "ExpectationResult",
    "Failure",
    "Field",
    "FileHandle",
    "FilePathMapping",
    "FilesystemIOManager",
    "Float",
    "FloatMetadataValue",
    "FreshnessPolicy",
    "FunctionComponent",
    "GraphDefinition",
    "GraphIn",
    "GraphOut",
    "HookContext",
    "HookDefinition",
    "HookExecutionResult",
    "HourlyPartitionsDefinition",
    "IAttachDifferentObjectToOpContext",
    "IOManager",
    "IOManagerDefinition",
    "IdentityPartitionMapping",
    "In",
    "InMemoryIOManager",
    "InitExecutorContext",
    "InitLoggerContext",
    "InitResourceContext",
    "Injected",
    "InputContext",
    "InputManager",
    "InputManagerDefinition",
    "InputMapping",
    "Int",
    "IntMetadataValue",
    "IntSource",
    "InvalidTagError",
    "Jitter",
    "JobDefinition",
    "JobExecutionResult",
    "JobSelector",
    "JsonLogFormatter",
    "JsonMetadataValue",
    "LastPartitionMapping",
    "LeaseLostError",
    "List",
    "LocalFileCodeReference",
    "LocalFileHandle",
    "LoggerDefinition",
    "Map",
    "MarkdownMetadataValue",
    "MaterializeResult",
    "MetadataEntry",
    "MetadataValue",
    "MigrateIOStorageResult",
    "Model",
    "MonthlyPartitionsDefinition",
    "MultiAssetSensorDefinition",
    "MultiAssetSensorEvaluationContext",
    "MultiDependencyDefinition",
    "MultiPartitionKey",
    "MultiPartitionMapping",
    "MultiPartitionsDefinition",
    "MultiToSingleDimensionPartitionMapping",
    "NodeInvocation",
    "Noneable",
    "NotebookMetadataValue",
    "Nothing",
    "NullMetadataValue",
    "ObserveResult",
    "OpDefinition",
    "OpExecutionContext",
    "Optional",
    "Out",
    "Output",
    "OutputContext",
    "OutputMapping",
    "PaginatedResults",
    "Partition",
    "PartitionKeyRange",
    "PartitionMapping",
    "PartitionedConfig",
    "PartitionsDefinition",
    "PathMetadataValue",
    "PendingNodeInvocation",
    "Permissive",
    "PermissiveConfig",
    "PipesBlobStoreMessageReader",
    "PipesClient",
    "PipesClientCompletedInvocation",
    "PipesCompositeMessageReader",
    "PipesContextInjector",
    "PipesEnvContextInjector",
    "PipesExecutionResult",
    "PipesFileContextInjector",
    "PipesFileMessageReader",
    "PipesLaunchedData",
    "PipesLogReader",
    "PipesMessageHandler",
    "PipesMessageReader",
    "PipesSession",
    "PipesSubprocessClient",
    "PipesTempFileContextInjector",
    "PipesTempFileMessageReader",
    "PoolMetadataValue",
    "PreviewWarning",
    "PythonArtifactMetadataValue",
    "PythonObjectDagsterType",
    "PythonScriptComponent",
    "QueryError",
    "ReexecutionOptions",
    "RepositoryData",
    "RepositoryDefinition",
    "RepositorySelector",
    "ResolutionContext",
    "Resolvable",
    "ResolvedAssetCheckSpec",
    "ResolvedAssetKey",
    "ResolvedAssetSpec",
    "Resolver",
    "ResourceDefinition",
    "ResourceDependency",
    "ResourceParam",
    "RetryPolicy",
    "RetryRequested",
    "RunConfig",
    "RunFailureSensorContext",
    "RunRecord",
    "RunRequest",
    "RunShardedEventsCursor",
    "RunStatusChangeRecordsFilter",
    "RunStatusSensorContext",
    "RunStatusSensorDefinition",
    "RunsFilter",
    "ScaffoldRequest",
    "Scaffolder",
    "ScalarUnion",
    "ScheduleDefinition",
    "ScheduleEvaluationContext",
    "ScheduleExecutionError",
    "Selector",
    "SensorDefinition",
    "SensorEvaluationContext",
    "SensorResult",
    "SensorReturnTypesUnion",
    "Set",
    "SettingsError",
    "Shape",
    "SkipReason",
    "SourceAsset",
    "SpecificPartitionsPartitionMapping",
    "SqlComponent",
    "StateBackedComponent",
    "StaticPartitionMapping",
    "StaticPartitionsDefinition",
    "StoreError",
    "String",
    "StringSource",
    "SupersessionWarning",
    "SystemTagWarning",
    "TableColumn",
    "TableColumnConstraints",
    "TableColumnDep",
    "TableColumnLineage",
    "TableColumnLineageMetadataValue",
    "TableConstraints",
    "TableMetadataValue",
    "TableRecord",
    "TableSchema",
    "TableSchemaMetadataValue",
    "TagFlow",
    "TagPolicy",
    "TagPolicyError",
    "TagQuerySensorDefinition",
    "TemplatedSqlComponent",
    "TextMetadataValue",
    "TimeWindow",
    "TimeWindowPartitionMapping",
    "TimeWindowPartitionsDefinition",
    "TimestampMetadataValue",
    "Tuple",
    "TypeCheck",
    "TypeCheckContext",
    "TypingAny",
    "TypingTuple",
    "UPathDefsStateStorage",
    "UPathIOManager",
    "UrlCodeReference",
    "UrlMetadataValue",
    "UvRunComponent",
    "WeeklyPartitionsDefinition",
    "apply_freshness_policy",
    "asset",
    "asset_check",
    "asset_sensor",
    "build_asset_check_context",
    "build_asset_context",
    "build_column_schema_change_checks",
    "build_component_defs",
    "build_defs_for_component",
    "build_hook_context",
    "build_init_logger_context",
    "build_init_resource_context",
    "build_input_context",
    "build_last_update_freshness_checks",
    "build_metadata_bounds_checks",
    "build_multi_asset_sensor_context",
    "build_op_context",
    "build_output_context",
    "build_reconstructable_job",
    "build_resources",
    "build_run_status_sensor_context",
    "build_schedule_context",
    "build_schedule_from_partitioned_job",
    "build_sensor_context",
    "build_sensor_for_freshness_checks",
    "build_time_partition_freshness_checks",
    "check_dagster_type",
    "colored_console_logger",
    "component_defs",
    "component_instance",
    "config_from_files",
    "config_from_pkg_resources",
    "config_from_yaml_strings",
    "config_mapping",
    "configured",
    "create_repository_using_definitions_args",
    "custom_path_fs_io_manager",
    "dagster_type_loader",
    "daily_partitioned_config",
    "default_loggers",
    "default_system_loggers",
    "define_asset_job",
    "definitions",
    "deprecation_warning",
    "deserialize_value",
    "dynamic_partitioned_config",
    "evaluate_automation_conditions",
    "execute_job",
    "executor",
    "failure_hook",
    "file_relative_path",
    "fs_io_manager",
    "get_all_components_defs_within_project",
    "get_component_defs_within_project",
    "get_dagster_logger",
    "graph",
    "graph_asset",
    "graph_multi_asset",
    "hourly_partitioned_config",
    "in_process_executor",
    "input_manager",
    "instance_for_test",
    "io_manager",
    "job",
    "json_console_logger",
    "link_code_references_to_git",
    "load_asset_checks_from_current_module",
    "load_asset_checks_from_modules",
    "load_asset_checks_from_package_module",
    "load_asset_checks_from_package_name",
    "load_assets_from_current_module",
    "load_assets_from_modules",
    "load_assets_from_package_module",
    "load_assets_from_package_name",
    "load_definitions_from_current_module",
    "load_definitions_from_module",
    "load_definitions_from_modules",
    "load_definitions_from_package_module",
    "load_definitions_from_package_name",
    "load_defs",
    "load_from_defs_folder",
    "local_file_manager",
    "logger",
    "make_email_on_run_failure_sensor",
    "make_python_type_usable_as_dagster_type",
    "make_values_resource",
    "map_asset_specs",
    "materialize",
    "materialize_to_memory",
    "mem_io_manager",
    "migrate_io_storage",
    "monthly_partitioned_config",
    "multi_asset",
    "multi_asset_check",
    "multi_asset_sensor",
    "multi_observable_source_asset",
    "multi_or_in_process_executor",
    "multiple_process_executor_requirements",
    "multiprocess_executor",
    "observable_source_asset",
    "op",
    "open_pipes_session",
    "partition_loading_context",
    "partitioned_config",
    "raise_execution_interrupts",
    "reconstructable",
    "repository",
    "resource",
    "run_failure_sensor",
    "run_status_sensor",
    "scaffold_component",
    "scaffold_with",
    "schedule",
    "sensor",
    "serialize_value",
    "static_partitioned_config",
    "submit_run",
    "success_hook",
    "tag_query_sensor",
    "template_var",
    "usable_as_dagster_type",
    "validate_run_config",
    "weekly_partitioned_config",
    "with_resources",
    "with_source_code_references",
]

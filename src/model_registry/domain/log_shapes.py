"""The shapes of well-known logs, by name; each says where its fields were seen."""

from __future__ import annotations

from typing import Final

from model_registry.domain.shape import NATIVE, Shape

_MCP_CALLS: Final = ("call_mcp_tool", "list_mcp_tools")

_NOT_A_MODEL: Final = (
    "create_agent",
    "invoke_agent",
    "invoke_workflow",
    "plan",
    "execute_tool",
    "retrieval",
)
"""Operations whose spans may carry the model of the calls that lie in them."""

LOG_SHAPES: Final = {
    "native": NATIVE,
    # The same platform's audit table, which calls the fields otherwise.
    "native-audit": Shape(model="model_id", tenant="tenant_id | org_id"),
    # The table LiteLLM_SpendLogs, as litellm/proxy/schema.prisma of 1.110 makes it:
    # startTime is a timestamp without a zone in UTC; model_id is the proxy's deployment and
    # model_group its public alias; model is empty where a call never got to one. Calls of
    # MCP tools are logged there with the name of the tool as the model.
    "litellm": Shape(
        time="startTime",
        model="model",
        tenant="organization_id | team_id",
        unless={"call_type": _MCP_CALLS},
    ),
    # StandardLoggingPayload, as litellm/types/utils.py of 1.110 has it: one object a
    # call, with startTime in seconds and fractions.
    "litellm-payload": Shape(
        time="startTime",
        model="model",
        tenant="metadata.user_api_key_org_id | metadata.user_api_key_team_id",
        unless={"call_type": _MCP_CALLS},
    ),
    # OTLP JSON as the collector's file exporter writes it, a line for each batch; 64-bit
    # numbers are text there. Attributes as of the semantic conventions 1.41, and
    # gen_ai.operation.name with what opentelemetry-semantic-conventions 0.66 lists.
    # The older gen_ai.system beside them tells the vendor, as gen_ai.provider.name does
    # now; the names of the models' attributes are the same. No attribute says whose.
    "otel-genai": Shape(
        time="startTimeUnixNano",
        time_unit="ns",
        model="attributes[gen_ai.request.model] | attributes[gen_ai.response.model]",
        tenant=None,
        rows="resourceSpans.scopeSpans.spans",
        unless={"attributes[gen_ai.operation.name]": _NOT_A_MODEL},
    ),
    # Amazon's guide to model invocation logging: one object a call, in CloudWatch and,
    # compressed with gzip, in S3. modelId is an id, an inference profile or an ARN.
    # Beside the calls S3 gets the large bodies, which have no schemaType.
    "bedrock": Shape(
        model="modelId",
        tenant="accountId",
        where={"schemaType": "ModelInvocationLog"},
    ),
    # Azure Monitor's resource logs: Event Hubs bundles them as records, storage accounts
    # have one a line; properties is text that holds JSON. The category RequestResponse
    # has one for each call. modelName is there once a model answered, the
    # deployment's name is the customer's own. Ids of resources are in upper case, and
    # Tenant is the region.
    "azure-openai": Shape(
        time="time",
        model="properties{}.modelName | properties{}.modelDeploymentName",
        tenant="resourceId[subscriptions]",
        rows="records",
        where={"category": "RequestResponse"},
    ),
    # Langfuse's reference of its blob storage export, observations: times in UTC without
    # a zone, model_id is a price definition, and provided_model_name is null or empty
    # for what is no generation.
    "langfuse": Shape(time="start_time", model="provided_model_name", tenant="project_id"),
    # Portkey's reference of log exports lists these fields, and none that says whose.
    "portkey": Shape(time="created_at", model="ai_model", tenant=None),
    # Helicone's ClickHouse table and export tool; its CSV lacks the organization. model
    # is what was asked for or, in older rows, missing while request_model is there.
    "helicone": Shape(
        time="request_created_at",
        model="model | request_model | response_model",
        tenant="organization_id",
    ),
}
"""What may be named where a shape is asked for."""

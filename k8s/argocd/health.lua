-- Argo CD's health of a RaftCluster. docs/kubernetes.md says how to install it.
-- Argo CD passes the resource as the variable obj, and takes a table with status and message.
local function health(status, message)
  return { status = status, message = message }
end

local generation = obj.metadata ~= nil and obj.metadata.generation or nil
if obj.status == nil or obj.status.conditions == nil then
  return health("Progressing", "the operator has not reported yet: check that it runs")
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local function is(type, status)
  return conditions[type] ~= nil and conditions[type].status == status
end

-- First: when the operator itself fails, it writes this condition, but not status.observedGeneration. What has only
-- failed (reason Failed) is tried again by the operator, and needs no administrator. Claims that are larger than the spec
-- asks for (reason ClaimsCannotShrink) are harmless: the cluster works, and there is nothing to repair.
local reconciled = conditions["Reconciled"]
local harmless = { Failed = true, ClaimsCannotShrink = true }
if is("Reconciled", "False") and not harmless[reconciled.reason] and reconciled.observedGeneration == generation then
  return health("Degraded", reconciled.message)
end
if obj.status.observedGeneration ~= generation then
  return health("Progressing", "the operator has not seen the current spec yet: check that it runs")
end
if is("Paused", "True") then
  return health("Suspended", conditions["Paused"].message)
end
if is("QuorumAvailable", "False") and conditions["QuorumAvailable"].reason == "QuorumLost" then
  return health("Degraded", conditions["QuorumAvailable"].message)
end
if is("Degraded", "True") then
  -- While the operator restarts a member, that member is down, and others may report it. This is not a fault.
  local reason = conditions["Degraded"].reason
  local passing = reason == "MembersDown" or reason == "Alarms"
  if not (passing and is("Progressing", "True")) then
    return health("Degraded", conditions["Degraded"].message)
  end
end
if is("Ready", "True") then
  return health("Healthy", conditions["Ready"].message)
end
if is("Ready", "False") and conditions["Ready"].reason == "Hibernated" and not is("Progressing", "True") then
  return health("Suspended", conditions["Ready"].message)
end
local waiting = obj.status.waitingFor
if waiting == nil and conditions["Ready"] ~= nil then
  waiting = conditions["Ready"].message
end
return health("Progressing", waiting or "the cluster is not ready yet")

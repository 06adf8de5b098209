-- Every request moves one of 10,000 deals to the stage after its own, the last to the first.
local deals, stages = 10000, 5
local n = 0

wrk.headers["Content-Type"] = "application/json"

request = function()
  local deal = n % deals + 1
  local stage = (deal + 1 + math.floor(n / deals)) % stages + 1
  n = n + 1
  return wrk.format("PATCH", "/api/v2/deals/" .. deal, nil, '{"stage_id":' .. stage .. '}')
end

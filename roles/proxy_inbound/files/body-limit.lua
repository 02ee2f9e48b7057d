-- Ends a request whose body grows beyond a limit (bytes): one in chunks does not tell its size beforehand.
local BodyLimit = { id = "body-limit", flags = filter.FLT_CFG_FL_HTX }
BodyLimit.__index = BodyLimit

function BodyLimit:new()
    return setmetatable({ received = 0, limit = self.limit }, BodyLimit)
end

function BodyLimit:start_analyze(txn, channel)
    if not channel:is_resp() then
        filter.register_data_filter(self, channel)
    end
    return filter.CONTINUE
end

function BodyLimit:http_payload(txn, message)
    if message.channel:is_resp() then
        return
    end
    self.received = self.received + message:input()
    if self.received > self.limit then
        error("a message goes beyond the limit", 0)
    end
end

core.register_filter("body-limit", BodyLimit, function(class, arguments)
    class.limit = tonumber(arguments[1])
    return class
end)

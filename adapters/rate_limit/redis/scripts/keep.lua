-- Comes before each of the other scripts: what they write has to end, and has to be bounded.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function keep(key, life, index, most)
    -- For so long; and if there are more than that, without those that would end first.
    redis.call('PEXPIRE', key, life)
    redis.call('ZADD', index, now + life, key)
    if redis.call('PTTL', index) < life then
        redis.call('PEXPIRE', index, life)
    end
    local surplus = redis.call('ZCARD', index) - most
    if surplus > 0 then
        redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
        surplus = redis.call('ZCARD', index) - most
    end
    if surplus > 0 then
        local first = redis.call('ZRANGE', index, 0, surplus - 1)
        for _, other in ipairs(first) do
            redis.call('DEL', other)
        end
        redis.call('ZREMRANGEBYRANK', index, 0, surplus - 1)
    end
end


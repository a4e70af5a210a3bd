-- Does once what the other scripts do, so that a right that is missing shows at once.
--
-- KEYS: what nobody else uses. Returns 0.

redis.call('TIME')
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], 1, 2)
redis.call('LSET', KEYS[1], 0, 3)
redis.call('LINDEX', KEYS[1], 0)
redis.call('LLEN', KEYS[1])
redis.call('LTRIM', KEYS[1], -2, -1)
redis.call('LPOP', KEYS[1])
redis.call('RPOP', KEYS[1])
redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], 1, 'PX', 1000)
redis.call('PEXPIRE', KEYS[1], 1000)
redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], 1, 2)
redis.call('ZCARD', KEYS[1])
redis.call('ZRANGE', KEYS[1], 0, 0)
redis.call('ZREM', KEYS[1], 2)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', 1)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, 0)
return 0

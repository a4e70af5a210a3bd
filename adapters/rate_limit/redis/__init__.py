"""Attempts and failures counted by Redis or Valkey, for all replicas together."""

from adapters.rate_limit.redis.limiter import RedisRateLimiter

__all__ = ["RedisRateLimiter"]

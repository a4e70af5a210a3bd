# Valkey, in which all tasks count limits together. It keeps nothing that lasts.

locals {
  cache_port = 6379
  # Without a cache, limits are counted in the process: then there is one task.
  shared_limits = var.create_cache || var.redis_url != null
  redis_url = var.create_cache ? (
    "rediss://${aws_elasticache_replication_group.this[0].primary_endpoint_address}:${local.cache_port}/0"
  ) : var.redis_url
}

resource "aws_elasticache_subnet_group" "this" {
  count      = var.create_cache ? 1 : 0
  name       = var.name
  subnet_ids = aws_subnet.data[*].id
}

resource "aws_elasticache_parameter_group" "this" {
  count  = var.create_cache ? 1 : 0
  name   = "${var.name}-valkey8"
  family = "valkey8"

  # To evict would be to forget somebody's attempts.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:a password would lie in Terraform's state; it speaks TLS to the tasks alone, and holds counters
  count                      = var.create_cache ? 1 : 0
  replication_group_id       = var.name
  description                = "Counts limits for ${var.name}"
  engine                     = "valkey"
  engine_version             = "8.0"
  parameter_group_name       = aws_elasticache_parameter_group.this[0].name
  node_type                  = var.cache_node_type
  port                       = local.cache_port
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  subnet_group_name          = aws_elasticache_subnet_group.this[0].name
  security_group_ids         = [aws_security_group.cache[0].id]
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.this.arn
  transit_encryption_enabled = true
  auto_minor_version_upgrade = true
}

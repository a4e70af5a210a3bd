# The rules that whoever changes these templates keeps, on what they make by default.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  image = "registry.example/scribes-auth:1.2.3"
}

run "by_default" {
  command = apply

  # The database

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.deletion_protection
    error_message = "The database has a standby in another zone, and can't be deleted."
  }

  assert {
    condition = (
      !aws_db_instance.this.publicly_accessible
      && aws_db_instance.this.vpc_security_group_ids == toset([aws_security_group.database.id])
      && aws_db_subnet_group.this.subnet_ids == toset(aws_subnet.data[*].id)
    )
    error_message = "The database is where no route leads out, and in no group but its own."
  }

  assert {
    condition = alltrue([
      for association in concat(aws_route_table_association.public, aws_route_table_association.tasks) :
      !contains(aws_subnet.data[*].id, association.subnet_id)
    ])
    error_message = "No route leads out of the data's subnets."
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS makes, keeps and rotates the master's password."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == aws_kms_key.this.arn
    error_message = "What the database keeps is encrypted by our key."
  }

  assert {
    condition     = [for it in aws_db_parameter_group.this.parameter : it.value if it.name == "rds.force_ssl"] == ["1"]
    error_message = "The database takes encrypted connections only."
  }

  # The cache

  assert {
    condition = (
      aws_elasticache_replication_group.this[0].num_cache_clusters >= 2
      && aws_elasticache_replication_group.this[0].automatic_failover_enabled
      && aws_elasticache_replication_group.this[0].multi_az_enabled
    )
    error_message = "The cache has a second node in another zone, which takes over."
  }

  assert {
    condition = (
      aws_elasticache_replication_group.this[0].transit_encryption_enabled
      && aws_elasticache_replication_group.this[0].at_rest_encryption_enabled == "true"
    )
    error_message = "What the cache says and keeps is encrypted."
  }

  # Who may speak to whom

  assert {
    condition = alltrue([
      for rule in values(aws_vpc_security_group_ingress_rule.in) :
      rule.cidr_ipv4 == null && rule.from_port == rule.to_port
    ])
    error_message = "Tasks, database and cache are reached by one group each, at one port."
  }

  assert {
    condition = alltrue([
      for rule in values(aws_vpc_security_group_ingress_rule.world) :
      rule.security_group_id == aws_security_group.balancer.id && contains([80, 443], rule.from_port)
    ])
    error_message = "The world reaches the balancer, at 80 and 443."
  }

  # The balancer

  assert {
    condition = (
      aws_lb_listener.http.default_action[0].type == "redirect"
      && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
      && aws_lb_listener.https.protocol == "HTTPS"
      && strcontains(aws_lb_listener.https.ssl_policy, "TLS13")
    )
    error_message = "Plain HTTP is sent to HTTPS."
  }

  assert {
    condition     = aws_lb_listener.https.default_action[0].type == "fixed-response"
    error_message = "What is not listed is refused."
  }

  assert {
    condition = !anytrue([
      for way in setproduct(
        flatten([for rule in aws_lb_listener_rule.public : [for it in rule.condition : it.path_pattern[0].values]]),
        ["/metrics", "/metrics/", "/health", "/livez", "/readyz", "/docs", "/openapi.json", "/auth/verify", "/admin/users"],
      ) : can(regex("^${replace(replace(way[0], ".", "\\."), "*", ".*")}$", way[1]))
    ])
    error_message = "No rule passes what is for operators."
  }

  assert {
    condition     = length(aws_lb_listener_rule.admin) == 0
    error_message = "Administration is reached from nowhere."
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields
    error_message = "The balancer can't be deleted, and passes no malformed header."
  }

  # The tasks

  assert {
    condition = (
      aws_ecs_service.this[0].desired_count >= 2
      && aws_appautoscaling_target.this[0].min_capacity >= 2
      && aws_appautoscaling_target.this[0].max_capacity > aws_appautoscaling_target.this[0].min_capacity
    )
    error_message = "There are two tasks at least, and more by load."
  }

  assert {
    condition = (
      aws_ecs_service.this[0].network_configuration[0].subnets == toset(aws_subnet.tasks[*].id)
      && !aws_ecs_service.this[0].network_configuration[0].assign_public_ip
      && !aws_ecs_service.this[0].enable_execute_command
    )
    error_message = "Tasks have no address of the world, and give nobody a shell."
  }

  assert {
    condition = alltrue([
      for task in [aws_ecs_task_definition.service, aws_ecs_task_definition.migrate] : alltrue([
        for container in jsondecode(task.container_definitions) :
        container.readonlyRootFilesystem && container.user == "1000"
        && container.linuxParameters.capabilities.drop == ["ALL"]
      ])
    ])
    error_message = "A container writes nothing, and has no user and no capability of root."
  }

  assert {
    condition = (
      strcontains(aws_ecs_task_definition.service.container_definitions, "\"name\":\"APP_ENV\",\"value\":\"production\"")
      && strcontains(aws_ecs_task_definition.service.container_definitions, "\"name\":\"SECRETS_URL\",\"value\":\"aws://eu-west-1/scribes/\"")
      && !strcontains(aws_ecs_task_definition.service.container_definitions, "JWT_SECRET_KEY")
      && jsondecode(aws_ecs_task_definition.service.container_definitions)[0].secrets == []
    )
    error_message = "The service reads its secrets itself; none is injected."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.migrate.container_definitions)[0].environment == jsondecode(aws_ecs_task_definition.service.container_definitions)[0].environment
    error_message = "What migrates has the service's settings."
  }

  # Roles

  assert {
    condition     = !strcontains(aws_iam_role_policy.task.policy, "*")
    error_message = "The tasks' role has no \"*\" at all."
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.execution.policy, aws_iam_role_policy.rotation[0].policy] : alltrue([
        for statement in jsondecode(policy).Statement :
        !contains(statement.Resource, "*") && !strcontains(jsonencode(statement.Action), "*")
      ])
    ])
    error_message = "No role may do everything, or something to everything."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.execution.policy, "secretsmanager")
    error_message = "ECS reads no secret."
  }

  # Secrets and logs

  assert {
    condition = alltrue([
      for secret in [aws_secretsmanager_secret.jwt, aws_secretsmanager_secret.smtp] :
      secret.kms_key_id == aws_kms_key.this.key_id
    ]) && aws_kms_key.this.enable_key_rotation
    error_message = "Secrets are encrypted by our key."
  }

  assert {
    condition     = aws_secretsmanager_secret_version.jwt.secret_string == null
    error_message = "The state holds no key."
  }

  assert {
    condition     = aws_secretsmanager_secret_rotation.jwt[0].rotation_rules[0].automatically_after_days == 30
    error_message = "The JWT key is rotated."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == aws_kms_key.this.arn])
    error_message = "Logs are encrypted by our key."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) >= 10
    error_message = "There are alarms."
  }
}

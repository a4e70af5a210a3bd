# What the variables choose, and what they refuse.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  image = "registry.example/scribes-auth:1.2.3"
}

run "injected_secrets_are_the_platforms_to_read_and_are_not_rotated" {
  command = plan

  variables {
    inject_secrets = true
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.service.container_definitions)[0].secrets[*].name == ["JWT_SECRET_KEY", "SMTP_PASSWORD"]
    error_message = "ECS injects the key and the mail password."
  }

  assert {
    condition     = !strcontains(aws_ecs_task_definition.service.container_definitions, "secret:smtp-password")
    error_message = "The service does not look the mail password up."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.execution.policy, "secretsmanager:GetSecretValue")
    error_message = "ECS may read what it injects."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.task.policy).Statement[0].Resource == [local.master_secret_arn]
    error_message = "The service may read the database's password alone."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.jwt) == 0 && length(aws_lambda_function.rotation) == 0
    error_message = "A key that is read once is not rotated."
  }
}

run "without_shared_limits_there_is_one_task" {
  command = plan

  variables {
    create_cache = false
  }

  assert {
    condition     = aws_ecs_service.this[0].desired_count == 1 && length(aws_appautoscaling_target.this) == 0
    error_message = "One task counts limits by itself."
  }

  assert {
    condition     = strcontains(aws_ecs_task_definition.service.container_definitions, "SINGLE_REPLICA")
    error_message = "It is told so."
  }
}

run "the_next_version_may_migrate_first_and_the_image_be_in_ecr" {
  command = plan

  variables {
    create_service = false
    migrate_image  = "registry.example/scribes-auth:1.3.0"
    image          = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/scribes-auth:1.2.3"
  }

  assert {
    condition     = length(aws_ecs_service.this) == 0
    error_message = "No task serves yet."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.migrate.container_definitions)[0].image == "registry.example/scribes-auth:1.3.0"
    error_message = "The next version migrates."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement :
      statement.Resource if contains(statement.Action, "ecr:BatchGetImage")
    ] == [["arn:aws:ecr:eu-west-1:123456789012:repository/team/scribes-auth"]]
    error_message = "The right to fetch is for this repository."
  }
}

run "what_is_meant_otherwise_is_refused" {
  command = plan

  variables {
    region                    = "Ireland"
    image                     = "scribes-auth"
    domain                    = "https://auth.example.com/"
    smtp_host                 = "smtp.example.com:587"
    smtp_user                 = " "
    smtp_from_email           = "noreply"
    smtp_port                 = 80
    name                      = "Scribes Auth"
    settings                  = { JWT_SECRET_KEY = "your-jwt-secret-key" }
    secrets_prefix            = "scribes auth/"
    jwt_rotation_days         = 1
    further_secret_arns       = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"]
    migrate_image             = "scribes-auth"
    min_instances             = 0
    cpu                       = 300
    cpu_architecture          = "sparc"
    network_range             = "10.0.0.0/8"
    zones                     = ["a"]
    client_cidrs              = []
    admin_cidrs               = ["everywhere"]
    database_version          = "9"
    database_instance_class   = "t4g.small"
    database_storage_gb       = 1
    backup_days               = 0
    database_authorities_file = "rds.pem"
    redis_url                 = "http://redis"
    cache_node_type           = "t4g.small"
    log_retention_days        = 1
    alarm_topic_arns          = ["me"]
  }

  expect_failures = [
    var.region,
    var.image,
    var.domain,
    var.smtp_host,
    var.smtp_user,
    var.smtp_from_email,
    var.smtp_port,
    var.name,
    var.settings,
    var.secrets_prefix,
    var.further_secret_arns,
    var.jwt_rotation_days,
    var.migrate_image,
    var.min_instances,
    var.cpu,
    var.cpu_architecture,
    var.network_range,
    var.zones,
    var.client_cidrs,
    var.admin_cidrs,
    var.database_version,
    var.database_instance_class,
    var.database_storage_gb,
    var.backup_days,
    var.database_authorities_file,
    var.redis_url,
    var.cache_node_type,
    var.log_retention_days,
    var.alarm_topic_arns,
  ]
}

run "what_does_not_fit_is_refused" {
  command = plan

  variables {
    max_instances = 1
    memory        = 512
    zones         = ["a", "b", "b"]
  }

  expect_failures = [
    var.max_instances,
    var.memory,
    var.zones,
  ]
}

run "what_aws_itself_would_refuse_half_way_is_refused_before" {
  command = plan

  variables {
    image           = "registry.example/scribes-auth:latest"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    name            = "scribes--auth"
    settings        = { WEBHOOK_PROXY = "https://user:password@proxy.example" }
    cpu             = 4096
    memory          = 32768
    network_range   = "10.20.1.0/16"
    create_cache    = false
    redis_url       = "rediss://:password@cache.example:6379/0"
  }

  expect_failures = [
    var.image,
    var.certificate_arn,
    var.name,
    var.settings,
    var.memory,
    var.network_range,
    var.redis_url,
  ]
}

run "a_zone_that_the_account_lacks_is_refused" {
  command = plan

  variables {
    zones = ["a", "f"]
  }

  expect_failures = [aws_vpc.this]
}

run "a_setting_that_the_templates_fix_is_refused" {
  command = plan

  variables {
    settings = { TRUSTED_PROXIES = "0.0.0.0/0" }
  }

  expect_failures = [aws_ecs_task_definition.service]
}

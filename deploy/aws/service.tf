# The service's tasks, and the one that migrates the database before them: the same image,
# the same settings, another command.

locals {
  port = 8000

  environment = merge(var.settings, local.fixed_environment)
  fixed_environment = merge(
    {
      APP_ENV         = "production"
      HOST            = "0.0.0.0"
      PORT            = tostring(local.port)
      PUBLIC_URL      = "https://${var.domain}"
      TRUSTED_PROXIES = join(",", aws_subnet.public[*].cidr_block) # the balancer is alone in them
      SECRETS_URL     = "aws://${var.region}/${var.secrets_prefix}"
      DATABASE_URL    = "secret:${local.master_secret_arn}#url?${local.database_query}"
      SMTP_HOST       = var.smtp_host
      SMTP_PORT       = tostring(var.smtp_port)
      SMTP_USER       = var.smtp_user
      SMTP_FROM_EMAIL = var.smtp_from_email
    },
    var.inject_secrets ? {} : { SMTP_PASSWORD = "secret:smtp-password" },
    local.shared_limits ? { REDIS_URL = local.redis_url } : { SINGLE_REPLICA = "true" },
  )

  # What RDS's own secret lacks.
  database_query = join("&", concat(
    [
      "engine=postgres",
      "host=${aws_db_instance.this.address}",
      "port=${aws_db_instance.this.port}",
      "dbname=${local.database_name}",
    ],
    var.database_authorities_file == null ? ["sslmode=require"] : [
      "sslmode=verify-full",
      "sslrootcert=${var.database_authorities_file}",
    ],
  ))

  container = {
    essential              = true
    user                   = "1000"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    environment            = [for name, value in local.environment : { name = name, value = value }]
    secrets                = [for name, arn in local.injected_secrets : { name = name, valueFrom = arn }]
  }

  log_to = {
    for stream in ["service", "migrate"] : stream => {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.this["service"].name
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = stream
      }
    }
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "service" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  lifecycle {
    precondition {
      condition     = length(setintersection(keys(var.settings), keys(local.fixed_environment))) == 0
      error_message = "The templates themselves set ${join(", ", setintersection(keys(var.settings), keys(local.fixed_environment)))}: leave that out of settings."
    }
  }

  container_definitions = jsonencode([merge(local.container, {
    name             = "service"
    image            = var.image
    portMappings     = [{ containerPort = local.port, protocol = "tcp" }]
    stopTimeout      = 60 # longer than SHUTDOWN_TIMEOUT_SECONDS
    logConfiguration = local.log_to["service"]
    # A database that is away for some minutes is no reason to replace every task.
    healthCheck = {
      command     = ["CMD", "scribes-auth", "healthcheck"]
      interval    = 30
      timeout     = 5
      retries     = 10
      startPeriod = 60
    }
  })])
}

resource "aws_ecs_task_definition" "migrate" {
  family                   = "${var.name}-migrate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  container_definitions = jsonencode([merge(local.container, {
    name             = "migrate"
    image            = coalesce(var.migrate_image, var.image)
    command          = ["scribes-auth", "migrate"]
    logConfiguration = local.log_to["migrate"]
  })])
}

resource "aws_ecs_service" "this" {
  count           = var.create_service ? 1 : 0
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.service.arn
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"

  desired_count                      = local.tasks.min
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 300
  enable_execute_command             = false # nobody gets a shell in a task

  # New tasks that do not get ready make room for the old ones again.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = aws_subnet.tasks[*].id
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "service"
    container_port   = local.port
  }

  lifecycle {
    ignore_changes = [desired_count] # scaling.tf decides
  }

  depends_on = [aws_lb_listener_rule.public, aws_iam_role_policy.task, aws_iam_role_policy.execution]
}

# Three roles: the tasks read their secrets, ECS starts them, and the function of Secrets
# Manager rotates the key. None may do more than it does.

locals {
  assumed_by = {
    for service, condition in {
      ecs-tasks = { StringEquals = { "aws:SourceAccount" = local.account } }
      lambda    = {}
      } : service => jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Action    = "sts:AssumeRole"
          Principal = { Service = "${service}.amazonaws.com" }
          Condition = condition
        }]
    })
  }

  master_secret_arn = aws_db_instance.this.master_user_secret[0].secret_arn
  read_secrets = concat(
    var.inject_secrets ? [] : [aws_secretsmanager_secret.jwt.arn, aws_secretsmanager_secret.smtp.arn],
    [local.master_secret_arn],
    var.further_secret_arns,
  )
  injected_secrets = var.inject_secrets ? {
    JWT_SECRET_KEY = aws_secretsmanager_secret.jwt.arn
    SMTP_PASSWORD  = aws_secretsmanager_secret.smtp.arn
  } : {}

  # Only by way of Secrets Manager.
  decrypt = {
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [aws_kms_key.this.arn]
    Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
  }

  # ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG; null where the image is elsewhere.
  ecr = try(regex("^(\\d{12})\\.dkr\\.ecr\\.([\\w-]+)\\.amazonaws\\.com[\\w.]*/([^:@]+)", var.image), null)
  ecr_arn = local.ecr == null ? null : (
    "${local.arn}:ecr:${local.ecr[1]}:${local.ecr[0]}:repository/${local.ecr[2]}"
  )
}

# The tasks: what the service asks for itself, and nothing else.

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  description        = "What the service may do"
  assume_role_policy = local.assumed_by["ecs-tasks"]
}

resource "aws_iam_role_policy" "task" {
  name = "secrets"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.read_secrets
      }],
      # Of the key it knows the versions before, too.
      [for statement in [{
        Effect   = "Allow"
        Action   = ["secretsmanager:ListSecretVersionIds"]
        Resource = [aws_secretsmanager_secret.jwt.arn]
      }] : statement if !var.inject_secrets],
      [local.decrypt],
    )
  })
}

# ECS, on behalf of the tasks: it fetches the image, writes the log, and injects secrets
# where that is chosen.

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "What ECS may do to start a task of the service"
  assume_role_policy = local.assumed_by["ecs-tasks"]
}

resource "aws_iam_role_policy" "execution" {
  #checkov:skip=CKV_AWS_290:ecr:GetAuthorizationToken has no resources, and there are no others but the streams
  #checkov:skip=CKV_AWS_355:likewise
  name = "start"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.write_log["service"]],
      [for statement in [
        {
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = values(local.injected_secrets)
        },
        local.decrypt,
      ] : statement if var.inject_secrets],
      [for statement in [
        {
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"] # AWS has no other
        },
        {
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = [local.ecr_arn]
        },
      ] : statement if local.ecr != null],
    )
  })
}

# The function that rotates the key.

resource "aws_iam_role" "rotation" {
  count              = local.rotates ? 1 : 0
  name               = "${var.name}-rotation"
  description        = "What the rotation of the JWT key may do"
  assume_role_policy = local.assumed_by["lambda"]
}

resource "aws_iam_role_policy" "rotation" {
  count = local.rotates ? 1 : 0
  name  = "rotate"
  role  = aws_iam_role.rotation[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.write_log["rotation"],
      {
        Effect = "Allow"
        Action = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = [aws_secretsmanager_secret.jwt.arn]
      },
      merge(local.decrypt, { Action = ["kms:Decrypt", "kms:GenerateDataKey"] }),
    ]
  })
}

locals {
  # The streams of a group have names that AWS chooses.
  write_log = {
    for name, group in aws_cloudwatch_log_group.this : name => {
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${local.log_groups}:${group.name}:log-stream:*"]
    }
  }
}

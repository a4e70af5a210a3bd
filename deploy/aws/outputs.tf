output "balancer_dns_name" {
  description = "What the domain is to be a CNAME (or alias) of."
  value       = aws_lb.this.dns_name
}

output "balancer_zone_id" {
  description = "The zone of that name, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "balancer_arn" {
  description = "The balancer, for a web application firewall."
  value       = aws_lb.this.arn
}

output "public_paths" {
  description = "The paths that the balancer passes on."
  value       = local.public_paths
}

output "tasks_security_group" {
  description = "The group of the tasks, for a rule that lets Prometheus reach them."
  value       = aws_security_group.tasks.id
}

output "migrate_command" {
  description = "Migrates the database, with migrate_image or else image."
  value = join(" ", [
    "aws ecs run-task --region ${var.region} --cluster ${aws_ecs_cluster.this.name}",
    "--task-definition ${aws_ecs_task_definition.migrate.family} --launch-type FARGATE",
    "--network-configuration '${local.run_in}'",
  ])
}

output "secrets" {
  description = "The ARNs of the secrets by what they hold."
  value = {
    jwt_key       = aws_secretsmanager_secret.jwt.arn
    smtp_password = aws_secretsmanager_secret.smtp.arn
    database      = local.master_secret_arn
  }
}

output "log_group" {
  description = "Where the service logs."
  value       = aws_cloudwatch_log_group.this["service"].name
}

output "cluster" {
  description = "The ECS cluster; the service has the same name."
  value       = aws_ecs_cluster.this.name
}

output "database_endpoint" {
  description = "Where the database listens, inside the network only."
  value       = aws_db_instance.this.endpoint
}

locals {
  run_in = jsonencode({
    awsvpcConfiguration = {
      subnets        = aws_subnet.tasks[*].id
      securityGroups = [aws_security_group.tasks.id]
      assignPublicIp = "DISABLED"
    }
  })
}

output "task_role_name" {
  description = "The role of the tasks, for further rights: those in a user pool, say."
  value       = aws_iam_role.task.name
}

output "kms_key_arn" {
  description = "The key under which secrets and logs are, and which the tasks' role may decrypt with."
  value       = aws_kms_key.this.arn
}

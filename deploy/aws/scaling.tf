# As many tasks as the processors are busy: passwords are hashed there.

locals {
  tasks = local.shared_limits ? { min = var.min_instances, max = var.max_instances } : { min = 1, max = 1 }
  scale = var.create_service && local.tasks.max > local.tasks.min
}

resource "aws_appautoscaling_target" "this" {
  count              = local.scale ? 1 : 0
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this[0].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = local.tasks.min
  max_capacity       = local.tasks.max
}

resource "aws_appautoscaling_policy" "cpu" {
  count              = local.scale ? 1 : 0
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

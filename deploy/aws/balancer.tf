# HTTPS only, and the listed paths only: whatever is for operators stays inside.

locals {
  # What users and their programs need.
  public_paths = [
    "/.well-known/jwks.json",
    "/auth/change-email",
    "/auth/change-email/confirm",
    "/auth/change-email/undo",
    "/auth/change-password",
    "/auth/invitation/accept",
    "/auth/login",
    "/auth/logout",
    "/auth/logout-all",
    "/auth/me",
    "/auth/me/export",
    "/auth/password-reset/confirm",
    "/auth/password-reset/request",
    "/auth/refresh",
    "/auth/register",
    "/auth/resend-verification",
    "/auth/sessions",
    "/auth/sessions/*",
    "/auth/verify-email",
    "/auth/verify-email/reject",
    "/change-email",
    "/change-email/undo",
    "/invitation",
    "/reset-password",
    "/verify-email",
    "/verify-email/reject",
  ]
  rules = chunklist(local.public_paths, 5) # as many as a rule takes

  refusal = jsonencode({ type = "about:blank", title = "Not Found", status = 404, code = "not_found" })
}

#trivy:ignore:AWS-0053 it is the door to the world
resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:the service counts and delays guesses itself; a firewall may be added to the ARN
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = aws_subnet.public[*].id
  security_groups            = [aws_security_group.balancer.id]
  enable_deletion_protection = var.deletion_protection
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  xff_header_processing_mode = "append"
  idle_timeout               = 60 # the service keeps connections for longer

  dynamic "access_logs" {
    for_each = var.access_logs_bucket[*]

    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = var.name
    }
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:between balancer and task is our own network; the service speaks plain HTTP
  name                 = var.name
  target_type          = "ip"
  vpc_id               = aws_vpc.this.id
  port                 = local.port
  protocol             = "HTTP"
  deregistration_delay = 30

  # Slow to give up: while the database is away, no task is better than another.
  health_check {
    path                = "/readyz"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 10
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "application/json"
      message_body = local.refusal
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "public" {
  count        = length(local.rules)
  listener_arn = aws_lb_listener.https.arn
  priority     = 10 + count.index

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  condition {
    path_pattern {
      values = local.rules[count.index]
    }
  }
}

# Administrators and their programs, from networks that are named; from nowhere by default.
resource "aws_lb_listener_rule" "admin" {
  count        = length(var.admin_cidrs) > 0 ? 1 : 0
  listener_arn = aws_lb_listener.https.arn
  priority     = 100

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  condition {
    path_pattern {
      values = ["/admin/*"]
    }
  }

  condition {
    source_ip {
      values = var.admin_cidrs
    }
  }
}

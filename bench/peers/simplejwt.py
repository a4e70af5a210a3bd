"""Django REST framework with SimpleJWT: refresh tokens rotate, and spent ones are listed."""

import os
import sys
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

DATABASE = urlsplit(os.environ["DATABASE_URL"])
ROUNDS = int(os.environ["ROUNDS"])

settings.configure(
    SECRET_KEY="x" * 64,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # says the length
    PASSWORD_HASHERS=[f"{__name__}.Hasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE.path[1:],
            "USER": DATABASE.username,
            "PASSWORD": DATABASE.password,
            "HOST": DATABASE.hostname,
            "PORT": DATABASE.port,
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTAuthentication"
        ],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT={
        "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
        "ROTATE_REFRESH_TOKENS": True,
        "BLACKLIST_AFTER_ROTATION": True,
    },
)
django.setup()

from django.contrib.auth.hashers import BCryptPasswordHasher  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.generics import CreateAPIView, RetrieveAPIView  # noqa: E402
from rest_framework.permissions import AllowAny, IsAuthenticated  # noqa: E402
from rest_framework.serializers import ModelSerializer  # noqa: E402
from rest_framework_simplejwt.views import (  # noqa: E402
    TokenObtainPairView,
    TokenRefreshView,
)


class Hasher(BCryptPasswordHasher):
    rounds = ROUNDS


class UserSerializer(ModelSerializer):
    class Meta:
        """What is shown and taken of a user."""

        model = User
        fields = ("id", "email", "username", "password", "is_active", "date_joined")
        extra_kwargs: ClassVar = {"password": {"write_only": True}}

    def create(self, validated_data: dict[str, str]) -> User:
        return User.objects.create_user(**validated_data)


class Register(CreateAPIView):
    permission_classes = (AllowAny,)
    serializer_class = UserSerializer


class Me(RetrieveAPIView):
    permission_classes = (IsAuthenticated,)
    serializer_class = UserSerializer

    def get_object(self) -> User:
        return self.request.user


urlpatterns = [
    path("register", Register.as_view()),
    path("token", TokenObtainPairView.as_view()),
    path("token/refresh", TokenRefreshView.as_view()),
    path("me", Me.as_view()),
]
app = get_wsgi_application()

if __name__ == "__main__" and sys.argv[1:] == ["migrate"]:
    call_command("migrate", verbosity=0)

[alembic]
# Where the migrations are; %(here)s is this file's folder.
script_location = ${script_location}
# What is importable while they run.
prepend_sys_path = .
path_separator = os

# The modules of the models, between commas: env.py imports them and takes their metadata.
# Without any, it is the metadata of EventSourced itself.
models =

# postgresql+psycopg://…, mariadb+pymysql://…, sqlite:///app.db
sqlalchemy.url = sqlite+aiosqlite:///app.db

[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S

# What a notebook does: connects with a token, says what a question is for, looks at the tables, asks, reads receipts; and what it
# hears when it is refused. Prints one JSON document.
import json
import sys

import adbc_driver_flightsql.dbapi as flight
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager import Error

address, city, police = sys.argv[1:]
HEADER = DatabaseOptions.RPC_CALL_HEADER_PREFIX.value
AIR = "SELECT sensor, count(*) AS n, max(no2) AS most FROM air.measurements GROUP BY sensor"


def connect(token, purpose):
    options = {}
    if token:
        options[DatabaseOptions.AUTHORIZATION_HEADER.value] = "Bearer " + token
    if purpose:
        options[HEADER + "x-purpose"] = purpose
    return flight.connect(address, db_kwargs=options, autocommit=True)


def rows(cursor):
    return [list(row) for row in cursor.fetchall()]


said = {"errors": {}}

with connect(city, "air-quality") as connection:
    with connection.cursor() as cursor:
        cursor.execute(AIR)
        table = cursor.fetch_arrow_table()
        said["columns"] = table.column_names
        said["rows"] = [list(row.values()) for row in table.to_pylist()]
        said["disclosures"] = (table.schema.metadata or {}).get(b"ordinance.disclosures", b"null").decode()
        cursor.execute(AIR)
        said["again"] = rows(cursor)
    said["columns_of_counts"] = connection.adbc_get_table_schema("counts", db_schema_filter="wifi").names


def tables(token):
    with connect(token, None) as connection:
        found = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
        return sorted(
            schema["db_schema_name"] + "." + table["table_name"]
            for catalog in found
            for schema in catalog["catalog_db_schemas"]
            for table in schema["db_schema_tables"]
        )


said["city_tables"] = tables(city)
said["police_tables"] = tables(police)

with connect(police, "crime-investigation") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT plate FROM plates.hits")
        said["hits"] = rows(cursor)


def refused(name, token, purpose, sql):
    try:
        with connect(token, purpose) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()
    except Error as error:
        said["errors"][name] = str(error)


refused("no_token", None, "air-quality", AIR)
refused("wrong_token", "wrong", "air-quality", AIR)
refused("no_purpose", city, None, AIR)
refused("bad_purpose", city, "everything", AIR)
refused("refused", city, "advertising", AIR)
refused("others", city, "crime-investigation", "SELECT plate FROM plates.hits")
refused("unknown_column", city, "air-quality", "SELECT nothing FROM air.measurements")
refused("writes", city, "air-quality", "DROP TABLE air.measurements")
refused("file", city, "air-quality", "SELECT * FROM read_csv('/etc/passwd')")

try:
    with connect(city, "air-quality") as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("mine", table, mode="create")
except Error as error:
    said["errors"]["ingest"] = str(error)

print(json.dumps(said))

"""A new system from a sample: what is read off the file, and that nothing it says gets out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest
import yaml

from dagster_project.errors import ConfigurationError
from dagster_project.extract.contract import Extract
from dagster_project.scaffold.contract_text import contract_text
from dagster_project.scaffold.profile import Profile, profile
from dagster_project.scaffold.sample import Sample, read_sample

SHOP = "Order ID,customerNo,Phone,Amount,Paid,Ordered,zip\n"


def look(path: Path, content: str | bytes, encoding: str = "utf-8") -> tuple[Sample, Profile]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    with duckdb.connect(":memory:") as con:
        sample = read_sample(con, path, path.parent / "spill")
        return sample, profile(con, sample)


def types(found: Profile) -> dict[str, str]:
    return {column.name: column.type for column in found.columns}


def shop(rows: int = 300) -> str:
    return SHOP + "".join(
        f"{n},{1 + n % 40},1391234{n:04d},{n}.5,{'true' if n % 2 else 'false'},2017-01-{n % 28 + 1:02d},0{n % 9}123\n"
        for n in range(1, rows + 1)
    )


def test_types_are_the_strictest_that_every_value_has(tmp_path: Path) -> None:
    _, found = look(tmp_path / "orders.csv", shop())
    assert types(found) == {
        "order_id": "bigint",
        "customer_no": "bigint",
        "phone": "varchar",
        "amount": "decimal(18,2)",
        "paid": "boolean",
        "ordered": "date",
        "zip": "varchar",
    }
    assert found.primary_key == ("order_id",)


def test_one_odd_value_at_the_end_makes_a_column_text(tmp_path: Path) -> None:
    _, found = look(tmp_path / "orders.csv", shop(5_000) + "x1,1,13912345678,1e5,true,2017-02-30,01234\n")
    assert [types(found)[name] for name in ("order_id", "amount", "ordered")] == ["varchar"] * 3


def test_personal_data_is_guessed_by_name_and_by_look(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},kunde{n}@shop.example,13{n:09d},M,words and more words about this and that thing\n" for n in range(200)
    )
    _, found = look(tmp_path / "people.csv", "client_id,login_at_home,ref,gender,told\n" + rows)
    assert {column.name: column.pii for column in found.columns} == {
        "client_id": "identifier",
        "login_at_home": "contact",
        "ref": "contact",
        "gender": "demographic",
        "told": "free_text",
    }


def test_an_empty_field_makes_a_column_nullable_and_a_null_text_is_found(tmp_path: Path) -> None:
    _, found = look(tmp_path / "x.csv", "id,amount,note\n1,NULL,a\n2,3.25,\n3,4.00,c\n")
    assert found.null_text == "NULL"
    assert [(c.name, c.type, c.is_nullable) for c in found.columns] == [
        ("id", "bigint", False), ("amount", "decimal(18,2)", True), ("note", "varchar", True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id;name\n1;Zoë\n2;Jürgen\n", "utf-8"),
        ("id;name\n1;Zoë\n2;Jürgen Möller\n3;Très gentil, ça va\n", "latin-1"),
        ("id;备注\n1;服务态度很好\n2;网络信号不稳定，经常掉线\n", "gb18030"),
        ("id;name\n1;Zoë\n2;王伟\n", "utf-16"),
    ],
)
def test_encoding_and_delimiter_are_found(tmp_path: Path, text: str, encoding: str) -> None:
    sample, found = look(tmp_path / "x.csv", text, encoding)
    assert (sample.encoding, sample.delimiter, found.columns[0].type) == (encoding, ";", "bigint")


def test_german_figures_and_dates_are_read_as_such(tmp_path: Path) -> None:
    _, found = look(
        tmp_path / "x.csv",
        "id;betrag;tag;zeit\n1;1.234,50;31.01.2017;31.01.2017 08:00:00\n2;7,25;01.02.2017;01.02.2017 09:00:00\n",
    )
    assert (found.decimal_separator, found.date_format, found.timestamp_format) == (
        ",",
        "%d.%m.%Y",
        "%d.%m.%Y %H:%M:%S",
    )
    assert list(types(found).values()) == ["bigint", "decimal(18,2)", "date", "timestamp"]


def test_json_lines_have_the_keys_of_every_line(tmp_path: Path) -> None:
    lines = [{"id": 1, "at": "2017-01-01T08:00:00"}, {"id": 2, "at": "2017-01-02T08:00:00", "score": 4.5}]
    data = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    sample, found = look(tmp_path / "x.jsonl.gz", data)
    assert (sample.format, sample.headers) == ("jsonl.gz", ("id", "at", "score"))
    assert list(types(found).values()) == ["bigint", "timestamp", "decimal(18,2)"]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    duckdb.sql("copy (select 1::integer as id, 2.5::decimal(12,3) as minutes, now() as at) to '" + str(path) + "'")
    with duckdb.connect(":memory:") as con:
        found = profile(con, read_sample(con, path, tmp_path))
    assert list(types(found).values()) == ["integer", "decimal(12,3)", "timestamp"]


def test_what_is_written_is_a_contract_that_reads_the_sample(tmp_path: Path) -> None:
    sample, found = look(tmp_path / "orders_2017-01-31.csv", shop())
    text = contract_text("shop", "orders", sample, found)
    extract = Extract.model_validate(yaml.safe_load(text)["attributes"]["extracts"][0])
    assert str(extract.business_date("orders_2017-01-31.csv")) == "2017-01-31"
    assert extract.columns[1].header == "customerNo"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", "4711,Anna Muster,13912345678\n4712,Bert Muster,13912345679\n", "no header line"),
        ("x.csv", "id,name\n1,Anna Muster,13912345678\n", "do not have 2 fields"),
        ("x.csv", "", "is empty"),
        ("x.jsonl", '{"id": 1}\nAnna Muster\n', "1 of 2 lines are no JSON object"),
        ("x.csv.gz", b"Anna Muster", "not a whole gzip file"),
        ("x.parquet", b"Anna Muster", "cannot be read as parquet"),
        ("x.xlsx", b"Anna Muster", "not a sample that can be read"),
    ],
)
def test_what_cannot_be_read_is_refused_without_quoting_it(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        look(tmp_path / name, content)
    assert "Muster" not in str(caught.value)
    assert "139" not in str(caught.value)
    assert not list(tmp_path.glob("spill/*"))

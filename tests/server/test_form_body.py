"""Names with brackets in forms."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.dialects.pipedrive.form_body import document
from dealflow.wire import BadRequest, read_pairs


@pytest.mark.parametrize(
    ("form", "read"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=", {"a": ""}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[1]=y&a[0]=x&a[10]=z", {"a": ["x", "y", "z"]}),
        (b"a[b]=1&a[c][]=2", {"a": {"b": "1", "c": ["2"]}}),
        (b"a[0][b]=1&a[0][c]=2&a[1][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        (b"a%5B0%5D%5Bb%5D=1", {"a": [{"b": "1"}]}),
        (b"a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a[0]=1&a[b]=2", {"a": {"0": "1", "b": "2"}}),
        (b"a[=1&]b=2&[c]=3&d]e[f]=4", {"a[": "1", "]b": "2", "[c]": "3", "d]e[f]": "4"}),
        ("a[٣]=1".encode().replace("٣".encode(), b"%D9%A3"), {"a": {"٣": "1"}}),
    ],
)
def test_brackets_make_lists_and_objects(form: bytes, read: Any) -> None:
    assert document(read_pairs(form)) == read


@pytest.mark.parametrize("form", [b"a=1&a[b]=2", b"a[b]=1&a=2", b"a[b]=1&a[b][c]=2", b"a" + b"[b]" * 9 + b"=1"])
def test_what_contradicts_itself_is_refused(form: bytes) -> None:
    with pytest.raises(BadRequest):
        document(read_pairs(form))


@given(st.lists(st.tuples(st.text("a0[]", max_size=30), st.text(max_size=3)), max_size=20))
def test_any_form_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        read = document(pairs)
    except BadRequest:
        return
    assert set(read) <= {name.partition("[")[0] for name, _ in pairs} | {name for name, _ in pairs}

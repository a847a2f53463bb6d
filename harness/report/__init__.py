"""From the record to what people read: one page, one summary; nothing is computed here."""

from harness.report.files import load_record, write_reports
from harness.report.markdown import render_markdown
from harness.report.page import render_html

__all__ = ["load_record", "render_html", "render_markdown", "write_reports"]

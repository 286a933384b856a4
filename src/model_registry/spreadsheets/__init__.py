"""Files of rows that people keep: read as CSV, JSON or XLSX, and written as XLSX."""

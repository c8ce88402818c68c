"""Data becomes Plotly figures."""

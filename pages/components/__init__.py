"""What several pages share; Streamlit only."""

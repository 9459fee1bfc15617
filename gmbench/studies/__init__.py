"""Questions asked with runs: calibration, competence, auto-induced shift."""

select loaded, failed, parked, superseded, gone, next_attempt_at, newest_loaded, rows_read, rows_inserted, rows_rejected,
       in_quarantine, load_ms_p50, load_ms_p99
from pipeline_health;

-- What has drifted for the first time in the last 7 days, newest first. The view's last_seen_at, which may
-- search long, is not asked for.
-- $1 limit
select contract, column_name, change, noticed_at, bucket, key, objects_with, objects_lately
from column_drift
where noticed_at > clock_timestamp() - interval '7 days'
limit $1;

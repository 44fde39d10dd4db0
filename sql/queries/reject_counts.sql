select reason, coalesce(column_name, ''), rows from rejects_by_reason order by rows desc, 1, 2;

-- A day that was settled stays: the earlier version reads it as it is, and settles none anew.
SELECT 1;

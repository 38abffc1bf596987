-- The functions of the version before make theirs anew.
SELECT;

/** The table `journal_entries`. What is not answered is null, never zero. */
export declare const journalEntriesTable: Readonly<{
    name: import("@nozbe/watermelondb/Schema").TableName<any>;
    columns: import("@nozbe/watermelondb/Schema").ColumnMap;
    columnArray: import("@nozbe/watermelondb/Schema").ColumnSchema[];
    unsafeSql?: (_: string) => string;
}>;
/** The table `sleep_records`. What is not answered is null, never zero. */
export declare const sleepRecordsTable: Readonly<{
    name: import("@nozbe/watermelondb/Schema").TableName<any>;
    columns: import("@nozbe/watermelondb/Schema").ColumnMap;
    columnArray: import("@nozbe/watermelondb/Schema").ColumnSchema[];
    unsafeSql?: (_: string) => string;
}>;
/** The table `treatment_sessions`. What is not answered is null, never zero. */
export declare const treatmentSessionsTable: Readonly<{
    name: import("@nozbe/watermelondb/Schema").TableName<any>;
    columns: import("@nozbe/watermelondb/Schema").ColumnMap;
    columnArray: import("@nozbe/watermelondb/Schema").ColumnSchema[];
    unsafeSql?: (_: string) => string;
}>;
/** All synced tables, for the app's `appSchema`. */
export declare const syncedTables: Readonly<{
    name: import("@nozbe/watermelondb/Schema").TableName<any>;
    columns: import("@nozbe/watermelondb/Schema").ColumnMap;
    columnArray: import("@nozbe/watermelondb/Schema").ColumnSchema[];
    unsafeSql?: (_: string) => string;
}>[];

export declare class Turnstile {
    private readonly settle;
    private pushes;
    private lastPush;
    private pulling;
    /** `settle`: how long an answered push still counts, in milliseconds. */
    constructor(settle: number);
    /** Runs a push: beside others, and after the pull that is under way. */
    together<T>(push: () => Promise<T>): Promise<T>;
    /** Runs a pull once no push is under way or just over. */
    alone<T>(pull: () => Promise<T>): Promise<T>;
}

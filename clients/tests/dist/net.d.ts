type Step = (request: () => Promise<Response>) => Promise<Response>;
/** One device's way to the server. */
export declare class Net {
    /** Is the device offline? */
    offline: boolean;
    /** How many requests were sent. */
    sent: number;
    /** What happens to each next request of a method; then the network is well again. */
    private readonly plans;
    readonly fetch: typeof fetch;
    /** Plans for the next request of this method. */
    next(method: 'GET' | 'POST', step: Step): void;
    /** The next request is applied; its answer is lost. */
    loseAnswer(method?: 'GET' | 'POST'): void;
    /** The next request never arrives. */
    loseRequest(method?: 'GET' | 'POST'): void;
    /** The next request arrives twice at once. */
    duplicate(method?: 'GET' | 'POST'): void;
    /** Something happens between the server's answer and its arrival. */
    beforeArrival(method: 'GET' | 'POST', happens: () => Promise<unknown>): void;
    /** Something happens before the request is sent. */
    beforeSending(method: 'GET' | 'POST', happens: () => Promise<unknown>): void;
}
export {};

"use strict";
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __exportStar = (this && this.__exportStar) || function(m, exports) {
    for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.uuidv7 = exports.dayId = exports.SyncError = exports.Api = void 0;
var sync_core_1 = require("@pain-journal/sync-core");
Object.defineProperty(exports, "Api", { enumerable: true, get: function () { return sync_core_1.Api; } });
Object.defineProperty(exports, "SyncError", { enumerable: true, get: function () { return sync_core_1.SyncError; } });
Object.defineProperty(exports, "dayId", { enumerable: true, get: function () { return sync_core_1.dayId; } });
Object.defineProperty(exports, "uuidv7", { enumerable: true, get: function () { return sync_core_1.uuidv7; } });
__exportStar(require("./replicate.js"), exports);
__exportStar(require("./schema.js"), exports);

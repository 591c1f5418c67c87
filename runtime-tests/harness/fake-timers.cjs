// CommonJS because it loads on call: fake-timers sets a timer when it is loaded, which workerd forbids outside of handlers.
exports.fakeTimers = () => require('@sinonjs/fake-timers')

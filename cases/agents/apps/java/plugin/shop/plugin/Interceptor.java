package shop.plugin;

import java.lang.reflect.Method;
import org.apache.skywalking.apm.agent.core.context.ContextManager;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.EnhancedInstance;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.InstanceMethodsAroundInterceptor;

/** What the interceptors share: a thrown exception marks the active span. */
abstract class Interceptor implements InstanceMethodsAroundInterceptor {
    @Override
    public final void handleMethodException(EnhancedInstance target, Method method, Object[] arguments,
        Class<?>[] types, Throwable error) {
        if (ContextManager.isActive()) {
            ContextManager.activeSpan().log(error);
        }
    }
}

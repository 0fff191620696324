package shop.plugin;

import java.lang.reflect.Method;
import org.apache.skywalking.apm.agent.core.context.ContextManager;
import org.apache.skywalking.apm.agent.core.context.ContextSnapshot;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.EnhancedInstance;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.InstanceConstructorInterceptor;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.MethodInterceptResult;

/** A segment of its own for work on another thread, referring back to the request's. */
public final class AuditInterceptor extends Interceptor implements InstanceConstructorInterceptor {
    @Override
    public void onConstruct(EnhancedInstance target, Object[] arguments) {
        if (ContextManager.isActive()) {
            target.setSkyWalkingDynamicField(ContextManager.capture());
        }
    }

    @Override
    public void beforeMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        MethodInterceptResult result) {
        ContextManager.createLocalSpan("billing/audit");
        Object captured = target.getSkyWalkingDynamicField();
        if (captured instanceof ContextSnapshot) {
            ContextManager.continued((ContextSnapshot) captured);
        }
    }

    @Override
    public Object afterMethod(EnhancedInstance target, Method method, Object[] arguments, Class<?>[] types,
        Object answer) {
        ContextManager.stopSpan();
        return answer;
    }
}

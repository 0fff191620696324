package shop.plugin;

import static org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatchers.any;

import org.apache.skywalking.apm.agent.core.plugin.interceptor.ConstructorInterceptPoint;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.description.method.MethodDescription;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatcher;

/** Work on another thread: the context is captured where the task is made, continued where it runs. */
public final class AuditDefinition extends Definition {
    public AuditDefinition() {
        super("shop.AuditTask", "run", AuditInterceptor.class);
    }

    @Override
    public ConstructorInterceptPoint[] getConstructorsInterceptPoints() {
        return new ConstructorInterceptPoint[] {
            new ConstructorInterceptPoint() {
                @Override
                public ElementMatcher<MethodDescription> getConstructorMatcher() {
                    return any();
                }

                @Override
                public String getConstructorInterceptor() {
                    return AuditInterceptor.class.getName();
                }
            },
        };
    }
}

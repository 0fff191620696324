package shop.plugin;

import static org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatchers.named;

import org.apache.skywalking.apm.agent.core.plugin.interceptor.ConstructorInterceptPoint;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.InstanceMethodsInterceptPoint;
import org.apache.skywalking.apm.agent.core.plugin.interceptor.enhance.ClassInstanceMethodsEnhancePluginDefine;
import org.apache.skywalking.apm.agent.core.plugin.match.ClassMatch;
import org.apache.skywalking.apm.agent.core.plugin.match.NameMatch;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.description.method.MethodDescription;
import org.apache.skywalking.apm.dependencies.net.bytebuddy.matcher.ElementMatcher;

/** Intercepts one method of one class of the application. */
abstract class Definition extends ClassInstanceMethodsEnhancePluginDefine {
    private final String type;
    private final String method;
    private final Class<?> interceptor;

    Definition(String type, String method, Class<?> interceptor) {
        this.type = type;
        this.method = method;
        this.interceptor = interceptor;
    }

    @Override
    protected ClassMatch enhanceClass() {
        return NameMatch.byName(type);
    }

    @Override
    public ConstructorInterceptPoint[] getConstructorsInterceptPoints() {
        return new ConstructorInterceptPoint[0];
    }

    @Override
    public InstanceMethodsInterceptPoint[] getInstanceMethodsInterceptPoints() {
        return new InstanceMethodsInterceptPoint[] {
            new InstanceMethodsInterceptPoint() {
                @Override
                public ElementMatcher<MethodDescription> getMethodsMatcher() {
                    return named(method);
                }

                @Override
                public String getMethodsInterceptor() {
                    return interceptor.getName();
                }

                @Override
                public boolean isOverrideArgs() {
                    return false;
                }
            },
        };
    }
}

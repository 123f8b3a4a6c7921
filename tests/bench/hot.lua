-- sysbench's oltp_write_only, with ten rows that take half of its updates.
require("oltp_common")

local HOT = 10

function prepare_statements()
   prepare_begin()
   prepare_commit()
   prepare_index_updates()
   prepare_non_index_updates()
   prepare_delete_inserts()
end

local function any_row()
   if sysbench.rand.uniform(1, 2) == 1 then
      local n = sysbench.rand.uniform(1, HOT)
      return 1 + n % sysbench.opt.tables, n
   end
   return sysbench.rand.uniform(1, sysbench.opt.tables), sysbench.rand.uniform(1, sysbench.opt.table_size)
end

function event()
   local t, id = any_row()

   begin()
   param[t].index_updates[1]:set(id)
   stmt[t].index_updates:execute()
   t, id = any_row()
   param[t].non_index_updates[1]:set_rand_str("###########-###########-###########-###########-###########-" ..
                                              "###########-###########-###########-###########-###########")
   param[t].non_index_updates[2]:set(id)
   stmt[t].non_index_updates:execute()
   execute_delete_inserts()
   commit()
end
